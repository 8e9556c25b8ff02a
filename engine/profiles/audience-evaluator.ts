import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { evaluate } from '../../core/conditions/evaluate.ts';
import { type EventSource, requirementId } from '../../core/conditions/event-requirement.ts';
import { requirementsOf } from '../../core/conditions/event-requirements.ts';
import { timelineSource } from '../../core/conditions/event-source.ts';
import { foldEvents, unpackRows } from '../../core/conditions/features.ts';
import { referencesOf } from '../../core/conditions/references.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { RunStore } from '../runs/ports.ts';
import { windowOf } from '../runs/timeline.ts';
import { caughtUp } from './caught-up.ts';
import { endsAmong, uncounted, withoutEnds } from './ended-runs.ts';
import { evaluationContextOf } from './evaluate-tags.ts';
import type { ProfileItems, ProfileStore } from './ports.ts';

export interface EvaluatorDeps {
  profiles: Pick<ProfileStore, 'readActivity' | 'history' | 'olderIds'>;
  runs: Pick<RunStore, 'getAll'>;
}

/** Evaluates conditions that no live rule has, of a profile that was read, by the rules of `snapshot` at `now`. What a condition needs is read once for all. */
export function audienceEvaluator(
  deps: EvaluatorDeps,
  conditions: readonly Condition[],
  snapshot: Snapshot,
  now: EpochMs,
) {
  const sources = conditions.map((condition) => ({
    condition,
    source: eventsFor(deps, condition, snapshot, now),
    journeys: referencesOf(condition).journeys,
  }));

  /** Returns a verdict for each condition; of a profile without events, none is true. */
  return async (
    key: ProfileKey,
    { activity: committed, profile }: Pick<ProfileItems, 'activity' | 'profile'>,
  ): Promise<boolean[]> => {
    if (committed === undefined) return conditions.map(() => false);
    const { activity } = await caughtUp(deps, { key, profile, activity: committed }, snapshot, now);
    const verdicts: boolean[] = [];
    for (const { condition, source, journeys } of sources) {
      const listed = Object.values(activity.openRuns).filter(({ journey }) => journeys.includes(journey));
      const ends = uncounted(await endsAmong(deps, listed, now), activity);
      const current = { ...activity, openRuns: withoutEnds(activity.openRuns, ends) };
      const context = evaluationContextOf(profile, current, snapshot, now, await source(key, activity, ends));
      verdicts.push(evaluate(condition, context).is);
    }
    return verdicts;
  };
}

/** Features that live rules need too are already stored, even from before the timeline's start. All others are read from the timeline. */
function eventsFor(deps: EvaluatorDeps, condition: Condition, { settings, features }: Snapshot, now: EpochMs) {
  const specs = new Map(features.specs.map((spec) => [spec.id, spec]));
  const needs = requirementsOf(condition, settings.fatigue).map(
    (need) => [need, specs.get(requirementId(need))] as const,
  );
  const window = windowOf([condition], now);
  return async (key: ProfileKey, activity: Activity, ends: readonly CairnEvent[]): Promise<EventSource> => {
    const kept = new Map(needs.filter(([, spec]) => spec !== undefined && spec.since <= activity.featuresOf));
    const timeline = kept.size === needs.length ? [] : (await deps.profiles.history(key, window)).events;
    const source = timelineSource([...timeline, ...ends]);
    return {
      rows(need, lookup) {
        const spec = kept.get(need);
        if (spec === undefined) return source.rows(need, lookup);
        return unpackRows(foldEvents(activity.features, [spec], ends, now)[spec.id]);
      },
    };
  };
}
