import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { EvaluationContext } from '../../core/conditions/evaluation-context.ts';
import { featureSource } from '../../core/conditions/event-source.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity, Effect } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { evaluateRules } from '../../core/tags/evaluate.ts';
import { type Acted, traitsAt } from './traits.ts';

/** Returns the data of a profile that conditions see, except its tags. */
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

/** Returns the same data with the tags and segments of `activity` (as its commit evaluated them). */
export function evaluationContextOf(
  profile: Profile | undefined,
  activity: Pick<Activity, 'tags'> & Acted,
  snapshot: Snapshot,
  now: EpochMs,
  events: EvaluationContext['events'],
): EvaluationContext {
  return { ...factsOf(profile, activity, snapshot, now, events), ...tagsOf(activity.tags) };
}

/** Returns the tags and segments as they are stored. A tag may be named `constructor`. */
export const tagsOf = (tags: Activity['tags']): Pick<EvaluationContext, 'tag' | 'segment'> => ({
  tag: (id) => ({ is: Object.hasOwn(tags, id) }),
  segment: (id) => ({ is: Object.hasOwn(tags, `segment:${id}`) }),
});

/** Evaluates tags and segments by the rules at this instant. Returns the effects of the changes, and the instant of the next possible change. */
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

/** A due instant that is nearer than this is queued at once; `dispatch-due` finds the others. */
export const NEAR_MS = 150_000;

/** `dueAt` only moves earlier. A nearer instant is also sent as a delayed message. */
export function dueEffects(
  stored: EpochMs | undefined,
  next: EpochMs | undefined,
  now: EpochMs,
): { dueAt?: EpochMs; effects: Effect[] } {
  if (next === undefined || (stored !== undefined && stored <= next)) return { dueAt: stored, effects: [] };
  return { dueAt: next, effects: next - now < NEAR_MS ? [{ kind: 'due', at: next }] : [] };
}
