import * as z from 'zod';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import { manualTagEvent, migrateRunEvent, triggeredEvent } from '../../core/events/internal.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Job, JobSpec, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import type { Message } from '../../core/messages/message.ts';
import { journeyScope, ownerOf } from '../../core/messages/source.ts';
import { type CollectDeps, collectPage } from '../campaigns/collect-audience.ts';
import type { CampaignMessage } from '../campaigns/messages.ts';
import { type RedriveDeps, redrivePage } from '../dead-letters/redrive-dead-letters.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MessageStore } from '../messages/ports.ts';
import { correctCounters, type RecountDeps, recountPage } from '../metrics/recount.ts';
import type { Queue } from '../ports.ts';
import { eventOut } from '../profiles/outgoing.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { type ExportingDeps, exportPage } from '../results/export-page.ts';
import type { RunStore } from '../runs/ports.ts';
import { type ArchiveDeps, archiveRun } from './archive-run.ts';
import { restingRuns } from './migration-counts.ts';
import { type RemovalDeps, removalPage } from './remove-machines.ts';

export interface JobTypeDeps extends ArchiveDeps {
  profiles: Pick<ProfileStore, 'members' | 'removeListed' | 'home'>;
  runs: Pick<RunStore, 'get' | 'getAll' | 'byJourney' | 'close'>;
  catalog: Pick<CatalogStore, 'version'>;
  messages: Pick<MessageStore, 'heldBy' | 'getAll'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  deadLetters: RedriveDeps;
  recounting: RecountDeps;
  removal: RemovalDeps;
  exporting: ExportingDeps;
  audience: CollectDeps;
  campaigns: Pick<Queue, 'send'>;
}

type Cursor = Record<string, unknown>;
interface PageRequest {
  shard: number;
  limit: number;
  cursor?: Cursor;
}
/** Number of processed items, and where the next page starts; undefined: this was the last. */
interface Page {
  done: number;
  next?: Cursor | undefined;
  /** Seconds before the next page; absent: as the job's rate says. */
  rest?: number | undefined;
  /** The job cannot go on, for this reason. */
  failed?: string | undefined;
}

type WorkOf<Kind extends JobSpec['kind']> = (
  deps: JobTypeDeps,
  job: Job & { work: JobSpecOf<Kind> },
  asked: PageRequest,
) => Promise<Page>;

const CONCURRENCY = 8;
/** Rows that are only read, for each that other jobs change. */
const ROWS_PER_ITEM = 20;

/** Runs a job over profiles, page by page. */
const overProfiles =
  <Kind extends JobSpec['kind']>(
    each: (deps: JobTypeDeps, job: Job & { work: JobSpecOf<Kind> }, profiles: ProfileKey[]) => Promise<unknown>,
  ): WorkOf<Kind> =>
  async (deps, job, { shard, ...page }) => {
    const { profiles, next } = await deps.profiles.members(job.members ?? '', shard, page);
    await each(deps, job, profiles);
    return { done: profiles.length, next };
  };

/** Cursor of an archive job after it has gone through the runs. */
const HeldPlaceSchema = lazySchema(() =>
  z.object({ heldBy: z.string(), place: z.record(z.string(), z.unknown()).optional() }),
);

const RedrivenSchema = z.object({ redriven: z.number() });

async function heldPage(deps: JobTypeDeps, by: string, page: { limit: number; cursor?: Cursor | undefined }) {
  const { ids, next } = await deps.messages.heldBy(by, page);
  return { messages: [...(await deps.messages.getAll(ids)).values()].filter(({ state }) => state === 'held'), next };
}

async function backToGate(deps: JobTypeDeps, messages: Message[]): Promise<void> {
  for (const { channel, request } of messages) {
    await deps.senders[firstSender(request, channel)].send([{ body: { ...request, released: true } }]);
  }
}

/** The kinds of jobs. Add a new one here and in `JobSpecSchema` of `core/jobs/job.ts`. Each must be repeatable for the same item. */
const WORKS: { [Kind in JobSpec['kind']]: WorkOf<Kind> } = {
  backfill: overProfiles((deps, { at }, profiles) =>
    deps.due.send(profiles.map((profile) => ({ body: { profile, at, touch: true } }))),
  ),

  enter: overProfiles((deps, { id, at, work: { journey, rule } }, profiles) =>
    deps.events.send(
      profiles.map((profile) => eventOut(profile, triggeredEvent({ journey, rule }, `${id}:${profile}`, at))),
    ),
  ),

  unlist: overProfiles((deps, { at, work: { list } }, profiles) =>
    mapWithConcurrency(CONCURRENCY, profiles, (profile) => deps.profiles.removeListed(profile, list, at)),
  ),

  untag: overProfiles((deps, { id, at, work: { tag } }, profiles) =>
    deps.events.send(
      profiles.map((profile) => eventOut(profile, manualTagEvent(tag, false, 'api', `${id}:${profile}`, at))),
    ),
  ),

  /**
   * First closes the journey's runs, then releases messages that pauses hold, even those of runs that ended before. The gate refuses messages of an
   * archived journey.
   */
  async archive(deps, { work: { journey } }, { limit, cursor }) {
    const holders = [journeyScope(journey), ...CHANNELS];
    const from = HeldPlaceSchema.safeParse(cursor).data;
    if (from === undefined) {
      const { entries, next } = await deps.runs.byJourney(journey, { limit, cursor });
      await mapWithConcurrency(CONCURRENCY, entries, (entry) => archiveRun(deps, entry));
      return { done: entries.length, next: next ?? { heldBy: holders[0] } };
    }
    const { messages, next } = await heldPage(deps, from.heldBy, { limit, cursor: from.place });
    const own = messages.filter(({ source }) => ownerOf(source) === journeyScope(journey));
    await backToGate(deps, own);
    if (next !== undefined) return { done: own.length, next: { heldBy: from.heldBy, place: next } };
    const following = holders[holders.indexOf(from.heldBy) + 1];
    return { done: own.length, ...(following === undefined ? {} : { next: { heldBy: following } }) };
  },

  /** Only a hint: `start-run` checks whether the run still waits, and `dispatch-due` finds each by its `dueAt`. */
  async wake(deps, { work: { journey } }, { limit, cursor }) {
    const { entries, next } = await deps.runs.byJourney(journey, { limit, cursor });
    const runs = await mapWithConcurrency(CONCURRENCY, entries, (entry) => deps.runs.get(entry));
    const waiting = runs.filter((run) => run?.status === 'parked' || run?.status === 'entering');
    await deps.enrolments.send(
      waiting.flatMap((run) => (run === undefined ? [] : [{ body: { entry: run.entry, leg: run.leg + 1 } }])),
    );
    return { done: waiting.length, next };
  },

  /** The message group of each customer moves its run: until then the profile does not look for the events of the new version. */
  async migrate(deps, { id, at, work }, { limit, cursor }) {
    const { runs, next } = await restingRuns(deps, work, { limit, cursor });
    const movable = runs.filter(({ found }) => 'node' in found);
    const { kind: _kind, journey: _journey, ...to } = work;
    await mapWithConcurrency(CONCURRENCY, movable, async ({ run: { entry, profile } }) => {
      const { key } = await deps.profiles.home(profile);
      await deps.events.send([eventOut(key, migrateRunEvent({ entry, ...to }, id, at))]);
    });
    return { done: movable.length, next };
  },

  /** Releases the oldest first. Each message passes the gate again. */
  async release(deps, { work: { held } }, { limit, cursor }) {
    const { messages, next } = await heldPage(deps, held, { limit, cursor });
    await backToGate(deps, messages);
    return { done: messages.length, next };
  },

  collect: (deps, job, asked) => collectPage(deps.audience, job, asked),

  /** `redriven`: how many have been sent so far. A death within a page may send as many as a page more than `max`. */
  async redrive(deps, { id, at, work: { queue, max = Number.POSITIVE_INFINITY } }, { limit, cursor }) {
    const before = RedrivenSchema.safeParse(cursor).data?.redriven ?? 0;
    const { done, isLast } = await redrivePage(deps.deadLetters, { id, at }, queue, Math.min(limit, max - before));
    const redriven = before + done;
    return { done, ...(isLast || redriven >= max ? {} : { next: { redriven } }) };
  },

  'remove-machines': (deps, { work }, page) => removalPage(deps, work, page),

  recount: (deps, { id, work: { day } }, { limit, ...place }) =>
    recountPage(deps.recounting, { id, day }, { ...place, limit: limit * ROWS_PER_ITEM }),

  export: (deps, job, asked) => exportPage(deps.exporting, job, asked),
};

/** Does what is left once all shards are finished, before the job is said to have ended. A repeat changes nothing. */
export async function finishWork(
  { recounting, campaigns }: Pick<JobTypeDeps, 'recounting' | 'campaigns'>,
  { id, work }: Job,
): Promise<void> {
  if (work.kind === 'recount') await correctCounters(recounting, { id, day: work.day });
  if (work.kind !== 'collect') return;
  const frozen = { campaign: work.campaign, id: work.occurrence };
  await campaigns.send([{ body: { frozen } satisfies CampaignMessage }]);
}

/** Reads one page of the job's items and processes it. */
export function pageOf(deps: JobTypeDeps, job: Job, asked: PageRequest): Promise<Page> {
  // The entry under a kind takes a job of that kind; the compiler cannot infer it.
  return (WORKS[job.work.kind] as WorkOf<JobSpec['kind']>)(deps, job, asked);
}
