import * as z from 'zod';
import type { Condition } from '../../core/conditions/schema.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { ALL_PROFILES } from '../../core/jobs/all-profiles.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import type { RunStore } from '../runs/ports.ts';
import { audienceEvaluator } from './audience-evaluator.ts';
import { idsOf, membersOf } from './audience-members.ts';
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
  const { keys, people } = await sampled(deps, ALL_PROFILES);
  const evaluated = audienceEvaluator(deps, [condition], snapshot, now);
  const fulfils = async (key: ProfileKey): Promise<boolean> => {
    const [is = false] = await evaluated(key, await deps.profiles.query(key));
    return is;
  };
  const verdicts = await mapWithConcurrency(CONCURRENCY, keys, fulfils);
  const matched = keys.filter((_, index) => verdicts[index]);
  return { ...previewedValue(matched.length, keys.length, people), sample: await shown(deps, matched.slice(0, SHOWN)) };
}

const shown = async (deps: PreviewDeps, keys: ProfileKey[]): Promise<Preview['sample']> =>
  (await idsOf(deps, keys)).map((profileId) => ({ profileId }));

/**
 * Returns the members of a tag (`vip`), a segment (`segment:vip`), a list (`list:fair`) or all profiles: all of them if they are no more than `most`, else
 * the same number of each shard, in the order of the index. `people`: how many there are.
 */
export async function sampled(
  { profiles }: { profiles: Pick<ProfileStore, 'members' | 'countMembers'> },
  member: string,
  most = SAMPLE,
): Promise<{ keys: ProfileKey[]; people: number }> {
  const people = await profiles.countMembers(member);
  const limit = people <= most ? most : Math.ceil(most / MEMBER_SHARDS);
  const shards = await mapWithConcurrency(
    CONCURRENCY,
    Array.from({ length: MEMBER_SHARDS }, (_, shard) => shard),
    (shard) => profiles.members(member, shard, { limit }),
  );
  return { keys: shards.flatMap((shard) => shard.profiles), people };
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
