import * as z from 'zod';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import { timelineSource } from '../../../core/conditions/event-source.ts';
import type { Condition } from '../../../core/conditions/schema.ts';
import type { ProfileKey } from '../../../core/ids.ts';
import { EVERYBODY } from '../../../core/jobs/job.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import { MEMBER_SHARDS } from '../../shared/adapters/profiles.dynamo.ts';
import { worldOf } from '../../shared/profiles/judge.ts';
import type { Deps } from '../deps.ts';
import { idsOf } from './members.ts';

export const PreviewSchema = z.object({
  count: z.number().int(),
  /** Whether `count` is reckoned from a sample of the profiles. */
  estimated: z.boolean(),
  /** In which the true count lies, 19 times of 20. */
  interval: z.tuple([z.number().int(), z.number().int()]),
  sample: z.array(z.object({ profileId: z.string() })),
});
export type Preview = z.infer<typeof PreviewSchema>;

/** Profiles that are judged; where there are no more of them, the count is exact. */
const SAMPLE = 1_000;
const SHOWN = 10;
const ABREAST = 16;
const TIMELINE_MS = 90 * 24 * 3600_000;
/** Of the normal distribution, for 95 %. */
const Z = 1.96;

/** How many would fulfil the condition now, judged on the same profiles each time: shards and index order are by hash of the id. */
export async function preview(deps: Deps, condition: Condition): Promise<Preview> {
  const { snapshot } = await deps.catalog.snapshot();
  const now = deps.clock();
  const people = await deps.profiles.countMembers(EVERYBODY);
  const keys = await sampled(deps, people);
  const fulfils = async (key: ProfileKey): Promise<boolean> => {
    const { activity, profile } = await deps.profiles.query(key);
    if (activity === undefined) return false;
    const { events } = await deps.profiles.history(key, now - TIMELINE_MS);
    return evaluate(condition, worldOf(profile, activity, snapshot, now, timelineSource(events))).is;
  };
  const verdicts = await inParallel(ABREAST, keys, fulfils);
  const matched = keys.filter((_, index) => verdicts[index]);
  const sample = (await idsOf(deps, matched.slice(0, SHOWN))).map((profileId) => ({ profileId }));
  return { ...reckoned(matched.length, keys.length, people), sample };
}

/** As many of each shard, in the order of the index. */
async function sampled(deps: Deps, people: number): Promise<ProfileKey[]> {
  const limit = people <= SAMPLE ? SAMPLE : Math.ceil(SAMPLE / MEMBER_SHARDS);
  const shards = await inParallel(
    ABREAST,
    Array.from({ length: MEMBER_SHARDS }, (_, shard) => shard),
    (shard) => deps.profiles.members(EVERYBODY, shard, { limit }),
  );
  return shards.flatMap(({ profiles }) => profiles);
}

/** Wilson's interval, scaled to everybody. */
export function reckoned(matched: number, looked: number, people: number): Omit<Preview, 'sample'> {
  if (looked >= people) return { count: matched, estimated: false, interval: [matched, matched] };
  const share = matched / looked;
  const middle = (share + Z ** 2 / (2 * looked)) / (1 + Z ** 2 / looked);
  const half = (Z / (1 + Z ** 2 / looked)) * Math.sqrt((share * (1 - share)) / looked + Z ** 2 / (4 * looked ** 2));
  const scaled = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * people);
  return { count: scaled(share), estimated: true, interval: [scaled(middle - half), scaled(middle + half)] };
}
