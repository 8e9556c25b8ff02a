import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type Computed, compute } from '../../core/computed-traits/compute.ts';
import type { EvaluationContext } from '../../core/conditions/evaluation-context.ts';
import { featureSource } from '../../core/conditions/event-source.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';

/** Data of a profile's commits that conditions see: packed features and open runs. */
export type Acted = Partial<Pick<Activity, 'features' | 'openRuns'>>;

/** Returns the traits as conditions read them: computed traits take precedence over those that clients sent. */
export function traitsAt(
  profile: Profile | undefined,
  activity: Acted | undefined,
  snapshot: Snapshot,
  now: EpochMs,
): Pick<EvaluationContext, 'trait' | 'traitChangesAt'> {
  const own = (name: string): unknown =>
    profile !== undefined && Object.hasOwn(profile.traits, name)
      ? (profile.traits[name]?.value ?? undefined)
      : undefined;
  if (snapshot.computed.length === 0) return { trait: own };
  const events = featureSource(activity?.features ?? {}, snapshot.features.specs);
  const values = new Map<string, Computed>();
  const computed = (name: string): Computed | undefined => {
    const rule = snapshot.computed.find(({ id }) => id === name);
    if (rule === undefined) return undefined;
    const figure = values.get(name) ?? compute(rule.definition, events, now);
    values.set(name, figure);
    return figure;
  };
  return {
    trait(name) {
      const figure = computed(name);
      return figure === undefined ? own(name) : figure.value;
    },
    traitChangesAt: (name) => computed(name)?.changesAt,
  };
}

/** Returns every computed trait that has a value now. */
export function computedTraits(activity: Acted | undefined, snapshot: Snapshot, now: EpochMs): Record<string, unknown> {
  const { trait } = traitsAt(undefined, activity, snapshot, now);
  const values = snapshot.computed.map(({ id }) => [id, trait(id)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
