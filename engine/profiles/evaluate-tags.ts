import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { EvaluationContext } from '../../core/conditions/evaluation-context.ts';
import { featureSource } from '../../core/conditions/event-source.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity, Effect } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { evaluateRules } from '../../core/tags/evaluate.ts';
import { type Acted, traitsAt } from './traits.ts';

/** What conditions see of a profile, but for its tags. */
export function factsOf(
  profile: Profile | undefined,
  activity: Acted | undefined,
  snapshot: Snapshot,
  now: EpochMs,
  events: EvaluationContext['events'],
): Omit<EvaluationContext, 'tag' | 'segment'> {
  const openRuns = Object.values(activity?.openRuns ?? {});
  return {
    now,
    timezone: profile?.timezone ?? snapshot.settings.timezone,
    ...traitsAt(profile, activity, snapshot, now),
    events,
    fatigue: snapshot.settings.fatigue,
    journeys: (id) => ({ open: openRuns.some((run) => run.journey === id) }),
  };
}

/** The same with the tags and segments that `activity` holds (as evaluated at its commit). */
export function evaluationContextOf(
  profile: Profile | undefined,
  activity: Pick<Activity, 'tags'> & Acted,
  snapshot: Snapshot,
  now: EpochMs,
  events: EvaluationContext['events'],
): EvaluationContext {
  return { ...factsOf(profile, activity, snapshot, now, events), ...tagsOf(activity.tags) };
}

/** Tags and segments as they are held. A tag may be called `constructor`. */
export const tagsOf = (tags: Activity['tags']): Pick<EvaluationContext, 'tag' | 'segment'> => ({
  tag: (id) => ({ is: Object.hasOwn(tags, id) }),
  segment: (id) => ({ is: Object.hasOwn(tags, `segment:${id}`) }),
});

/** Tags and segments as the rules see them now, with the effects of what turned and the instant of the next possible change. */
export function evaluateTags(
  profile: Profile | undefined,
  activity: Pick<Activity, 'features' | 'tags'> & Partial<Pick<Activity, 'openRuns'>>,
  snapshot: Snapshot,
  now: EpochMs,
): { tags: Activity['tags']; flips: { id: string; on: boolean }[]; changesAt?: EpochMs } {
  const events = featureSource(activity.features, snapshot.features.specs);
  const context = factsOf(profile, activity, snapshot, now, events);
  return evaluateRules(snapshot.rules, context, activity.tags);
}

export const memberEffects = (flips: { id: string; on: boolean }[], v: number, at: EpochMs): Effect[] =>
  flips.map(({ id, on }) => ({ kind: 'member', tag: id, on, v, at }));

/** A due instant nearer than this is queued at once; the tick finds the others. */
export const NEAR_MS = 150_000;

/** `dueAt` moves only earlier; a nearer one is also sent as a delayed message. */
export function dueEffects(
  stored: EpochMs | undefined,
  next: EpochMs | undefined,
  now: EpochMs,
): { dueAt?: EpochMs; effects: Effect[] } {
  if (next === undefined || (stored !== undefined && stored <= next)) return { dueAt: stored, effects: [] };
  return { dueAt: next, effects: next - now < NEAR_MS ? [{ kind: 'due', at: next }] : [] };
}
