import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { Audience, Campaign } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { ALL_PROFILES } from '../../core/jobs/all-profiles.ts';
import { type ExportSpec, isOfCustomers } from '../../core/jobs/export-spec.ts';
import type { Job, JobSpec } from '../../core/jobs/job.ts';
import type { LiveRules } from '../definitions/ports.ts';
import { RECORDED_SHARDS } from '../metrics/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import { MEMBER_SHARDS } from '../profiles/ports.ts';
import type { JobStore } from './ports.ts';

export interface StartJobDeps {
  jobs: JobStore;
  rules: LiveRules;
  queues: { jobs: Queue };
  clock: Clock;
}

/** Evaluates every profile by the present rules and timed entries. For the same rules, a repeat is the same job. */
export async function backfill(deps: StartJobDeps, by: string): Promise<Job> {
  const { snapshot } = await deps.rules.read();
  return start(deps, backfillId(snapshot.arrivals.version), { kind: 'backfill' }, by, { members: ALL_PROFILES });
}

/** Returns whether every profile has been evaluated by the present rules, so that the index has all members. */
export async function isFilled(deps: Pick<StartJobDeps, 'jobs' | 'rules'>): Promise<boolean> {
  return isFilledFor(deps, (await deps.rules.read()).snapshot);
}

async function isFilledFor({ jobs }: Pick<StartJobDeps, 'jobs'>, { arrivals }: Snapshot): Promise<boolean> {
  const filling = await jobs.get(backfillId(arrivals.version));
  // A job that ended long ago has expired.
  return filling === undefined || filling.status === 'done';
}

/** Enters everyone who already holds the entry's tag or segment when the journey is published. */
export async function enterExisting(
  deps: StartJobDeps,
  entry: { journey: string; version: number; rule: string },
  by: string,
): Promise<Job> {
  // If the index is incomplete, every profile is checked.
  const members = (await isFilled(deps)) ? entry.rule : ALL_PROFILES;
  const id = hashId('enter', entry.journey, entry.version);
  return start(deps, id, { kind: 'enter', ...entry }, by, { members });
}

/**
 * Removes everyone from a deleted list. `cause` identifies the deletion: a repeat for the same one is the same job. This holds for the jobs below
 * too.
 */
export const unlist = (deps: StartJobDeps, list: string, by: string, cause: string): Promise<Job> =>
  start(deps, hashId('unlist', list, cause), { kind: 'unlist', list }, by, { members: `list:${list}` });

/** Removes a deleted tag from those who had it by hand. */
export const untag = (deps: StartJobDeps, tag: string, by: string, cause: string): Promise<Job> =>
  start(deps, hashId('untag', tag, cause), { kind: 'untag', tag }, by, { members: tag });

/** Closes the runs of a journey that was archived up to this version. A repeat is the same job. */
export const archiveRuns = (deps: StartJobDeps, journey: string, upTo: number, by: string): Promise<Job> =>
  start(deps, hashId('archive', journey, upTo), { kind: 'archive', journey }, by);

/** Resumes the parked runs of a resumed journey, at a rate per minute. */
export const wakeRuns = (
  deps: StartJobDeps,
  journey: string,
  { by, perMinute, cause }: { by: string; perMinute: number; cause: string },
): Promise<Job> => start(deps, hashId('wake', journey, cause), { kind: 'wake', journey }, by, { perMinute });

/** Moves the runs of a version that rest to a newer one. */
export const migrateRuns = (
  deps: Pick<StartJobDeps, 'jobs' | 'queues' | 'clock'>,
  { journey, from, to, map }: { journey: string; from: number; to: number; map?: Record<string, string> | undefined },
  { by, cause, total }: { by: string; cause: string; total: number | undefined },
): Promise<Job> =>
  start(
    deps,
    hashId('migrate', journey, cause),
    { kind: 'migrate', journey, from, to, ...(map === undefined ? {} : { map }) },
    by,
    total === undefined ? {} : { total },
  );

/** Releases the messages that a channel, or a journey (`journey:<id>`), held, at a rate per minute. */
export const releaseHeld = (
  deps: StartJobDeps,
  held: string,
  { by, perMinute, cause }: { by: string; perMinute: number; cause: string },
): Promise<Job> => start(deps, hashId('release', held, cause), { kind: 'release', held }, by, { perMinute });

/** Freezes the audience of an occurrence: page by page of whoever may belong to it, in one page for the profiles that its trigger has named. */
export async function collectAudience(
  deps: StartJobDeps,
  { campaign, id, audience: own }: Occurrence,
  { audience }: Pick<Campaign, 'audience'>,
  by: string,
): Promise<Job> {
  const spec = { kind: 'collect', campaign, occurrence: id } as const;
  const listed = own ?? audience;
  const members = 'profiles' in listed ? {} : { members: await membersKey(deps, listed) };
  return start(deps, hashId('collect', campaign, id), spec, by, members);
}

/** Where whoever may belong to an audience is listed. */
export async function membersKey(deps: Pick<StartJobDeps, 'jobs' | 'rules'>, audience: Audience): Promise<string> {
  const asksIndex = 'segment' in audience || 'tag' in audience;
  return listedMembersKey(audience, asksIndex && (await isFilled(deps))) ?? ALL_PROFILES;
}

/** Where exactly the members of an audience are listed; undefined: nowhere. `isIndexFilled`: the index has all members of segments and tags. */
export function listedMembersKey(audience: Audience, isIndexFilled: boolean): string | undefined {
  if ('list' in audience) return `list:${audience.list}`;
  if (!isIndexFilled) return undefined;
  if ('segment' in audience) return `segment:${audience.segment}`;
  return 'tag' in audience ? audience.tag : undefined;
}

/** Sends messages of a dead-letter queue to their queue again. */
export const redrive = (
  deps: StartJobDeps,
  queue: string,
  { by, max, cause }: { by: string; max?: number | undefined; cause: string },
): Promise<Job> =>
  start(deps, hashId('redrive', queue, cause), { kind: 'redrive', queue, ...(max === undefined ? {} : { max }) }, by);

/** Counts a day's messages again. A repeat for the same day is the same job. */
export const recount = (deps: Pick<StartJobDeps, 'jobs' | 'queues' | 'clock'>, day: string): Promise<Job> =>
  start(deps, recountId(day), { kind: 'recount', day }, 'cairn', { shards: RECORDED_SHARDS });

/** Writes facts of the data lake to a file; or customers or their events, whose parts all shards but one write. */
export async function startExport(
  deps: Pick<StartJobDeps, 'jobs' | 'queues' | 'clock'> & { snapshot: Snapshot },
  spec: ExportSpec,
  { by, cause }: { by: string; cause: string },
): Promise<Job> {
  const listed = isOfCustomers(spec.of)
    ? { members: await exportedMembers(deps, spec), shards: MEMBER_SHARDS + 1 }
    : {};
  return start(deps, hashId('export', cause), { kind: 'export', ...spec }, by, listed);
}

/** If the index is incomplete, everybody is looked at. */
async function exportedMembers(
  deps: Pick<StartJobDeps, 'jobs'> & { snapshot: Snapshot },
  { scope }: Pick<ExportSpec, 'scope'>,
): Promise<string> {
  if (scope?.kind === 'list') return `list:${scope.id}`;
  if (scope === undefined || !(await isFilledFor(deps, deps.snapshot))) return ALL_PROFILES;
  return scope.kind === 'tag' ? scope.id : `${scope.kind}:${scope.id}`;
}

/** Removes state machines that nobody needs any more. A repeat in the same `period` is the same job. */
export const removeMachines = (
  deps: Pick<StartJobDeps, 'jobs' | 'queues' | 'clock'>,
  journey: string,
  versions: number[],
  period: number,
): Promise<Job> => start(deps, removalId(journey, period), { kind: 'remove-machines', journey, versions }, 'cairn');

export const removalId = (journey: string, period: number): string => hashId('remove-machines', journey, period);

export const recountId = (day: string): string => hashId('recount', day);

const backfillId = (arrivals: number): string => hashId('backfill', arrivals);

/** Writes the item first: after a crash before the message, a repeat of the call finishes it. */
async function start(
  deps: Pick<StartJobDeps, 'jobs' | 'queues' | 'clock'>,
  id: string,
  work: JobSpec,
  by: string,
  more: Pick<Job, 'members' | 'perMinute' | 'total'> & Partial<Pick<Job, 'shards'>> = {},
): Promise<Job> {
  const at: EpochMs = deps.clock();
  const shards = more.members === undefined ? 1 : MEMBER_SHARDS;
  const job: Job = { id, work, shards, ...more, status: 'running', at, by, done: 0 };
  const there = (await deps.jobs.create(job)) ? job : await deps.jobs.get(id);
  if (there?.status !== 'running') return there ?? job;
  await deps.queues.jobs.send([{ body: { job: id } }]);
  return there;
}
