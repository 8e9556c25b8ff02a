import * as z from 'zod';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { evaluate } from '../../core/conditions/evaluate.ts';
import { type EventSource, needId } from '../../core/conditions/event-requirement.ts';
import { requirementsOf } from '../../core/conditions/event-requirements.ts';
import { timelineSource } from '../../core/conditions/event-source.ts';
import { foldEvents, unpackRows } from '../../core/conditions/features.ts';
import { referencesOf } from '../../core/conditions/references.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { ALL_PROFILES } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import type { RunStore } from '../runs/ports.ts';
import { windowOf } from '../runs/timeline.ts';
import { idsOf, membersOf } from './audience-members.ts';
import { caughtUp } from './caught-up.ts';
import { endsAmong, uncounted, withoutEnds } from './ended-runs.ts';
import { evaluationContextOf } from './evaluate-tags.ts';
import type { ProfileStore } from './ports.ts';
import { MEMBER_SHARDS } from './ports.ts';

export const PreviewSchema = lazySchema(() =>
  z.object({
    count: z.number().int(),
    /** Whether `count` is computed from a sample of the profiles. */
    estimated: z.boolean(),
    /** 95 % confidence interval of the count. */
    interval: z.tuple([z.number().int(), z.number().int()]),
    sample: z.array(z.object({ profileId: z.string() })),
  }),
);
export type Preview = z.infer<typeof PreviewSchema>;

/** Most profiles that are evaluated; if there are no more, the count is exact. */
const SAMPLE = 1_000;
const SHOWN = 10;
const CONCURRENCY = 16;
/** Quantile of the normal distribution for 95 %. */
const Z = 1.96;

interface PreviewDeps {
  profiles: Pick<
    ProfileStore,
    'members' | 'countMembers' | 'readProfile' | 'readActivity' | 'query' | 'history' | 'olderIds'
  >;
  runs: Pick<RunStore, 'getAll'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
}

/** Counts the members by the index; `member` as in `membersOf`. */
export async function previewMembers(deps: PreviewDeps, member: string): Promise<Preview> {
  const count = await deps.profiles.countMembers(member);
  const { keys } = await membersOf(deps, member, { limit: SHOWN });
  return { count, estimated: false, interval: [count, count], sample: await shown(deps, keys) };
}

/**
 * Counts the profiles that fulfil the condition now. The same profiles are evaluated each time, because shards and index order depend on the hash of
 * the id.
 */
export async function previewRule(deps: PreviewDeps, condition: Condition): Promise<Preview> {
  const { snapshot } = await deps.catalog.snapshot();
  const now = deps.clock();
  const people = await deps.profiles.countMembers(ALL_PROFILES);
  const keys = await sampled(deps, people);
  const source = eventsFor(deps, condition, snapshot, now);
  const { journeys } = referencesOf(condition);
  const fulfils = async (key: ProfileKey): Promise<boolean> => {
    const { activity: committed, profile } = await deps.profiles.query(key);
    if (committed === undefined) return false;
    const { activity } = await caughtUp(deps, { key, profile, activity: committed }, snapshot, now);
    const listed = Object.values(activity.openRuns).filter(({ journey }) => journeys.includes(journey));
    const ends = uncounted(await endsAmong(deps, listed, now), activity);
    const current = { ...activity, openRuns: withoutEnds(activity.openRuns, ends) };
    return evaluate(condition, evaluationContextOf(profile, current, snapshot, now, await source(key, activity, ends)))
      .is;
  };
  const verdicts = await mapWithConcurrency(CONCURRENCY, keys, fulfils);
  const matched = keys.filter((_, index) => verdicts[index]);
  return { ...previewedValue(matched.length, keys.length, people), sample: await shown(deps, matched.slice(0, SHOWN)) };
}

const shown = async (deps: PreviewDeps, keys: ProfileKey[]): Promise<Preview['sample']> =>
  (await idsOf(deps, keys)).map((profileId) => ({ profileId }));

/** Features that live rules need too are already stored, even from before the timeline's start. All others are read from the timeline. */
function eventsFor(deps: PreviewDeps, condition: Condition, { settings, features }: Snapshot, now: EpochMs) {
  const specs = new Map(features.specs.map((spec) => [spec.id, spec]));
  const needs = requirementsOf(condition, settings.fatigue).map((need) => [need, specs.get(needId(need))] as const);
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

/** Returns the same number of profiles of each shard, in the order of the index. */
async function sampled(deps: PreviewDeps, people: number): Promise<ProfileKey[]> {
  const limit = people <= SAMPLE ? SAMPLE : Math.ceil(SAMPLE / MEMBER_SHARDS);
  const shards = await mapWithConcurrency(
    CONCURRENCY,
    Array.from({ length: MEMBER_SHARDS }, (_, shard) => shard),
    (shard) => deps.profiles.members(ALL_PROFILES, shard, { limit }),
  );
  return shards.flatMap(({ profiles }) => profiles);
}

/** Wilson's interval, scaled to all profiles. */
export function previewedValue(matched: number, looked: number, people: number): Omit<Preview, 'sample'> {
  if (looked >= people) return { count: matched, estimated: false, interval: [matched, matched] };
  const share = matched / looked;
  const middle = (share + Z ** 2 / (2 * looked)) / (1 + Z ** 2 / looked);
  const half = (Z / (1 + Z ** 2 / looked)) * Math.sqrt((share * (1 - share)) / looked + Z ** 2 / (4 * looked ** 2));
  const scaled = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * people);
  return { count: scaled(share), estimated: true, interval: [scaled(middle - half), scaled(middle + half)] };
}
