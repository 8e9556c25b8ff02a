import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Clock, Outgoing, Queue } from '../ports.ts';
import { dueMessage } from '../profiles/outgoing.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';
import { WAKES_AHEAD_MS, type Wake, type WakeKind, type Wakes } from './ports.ts';

const SHARDS = 64;
/** Concurrent shards, and concurrent runs of each. */
const SHARD_CONCURRENCY = 16;
const RUN_CONCURRENCY = 16;
/** SQS allows delays up to 900 s. */
const AHEAD_MS = WAKES_AHEAD_MS;
const PAGE = 200;
/**
 * For this long a dispatched item is not dispatched again: in a backlog its message waits on its queue for longer than a minute, and later calls must
 * not repeat it.
 */
const DISPATCHED_MS = 10 * 60_000;
/** After this time the call stops, and the next one, which starts with another shard, continues. The function may run for 55 s. */
const MAX_RUNTIME_MS = 45_000;

export interface DispatchDueDeps {
  profiles: Pick<ProfileStore, 'dueBefore'>;
  runs: Pick<RunStore, 'dueBefore' | 'get' | 'postponeDue'>;
  wakes: Pick<Wakes, 'dueBefore' | 'dispatched'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  /** The queue of each kind of wake. */
  wakeQueues: Record<WakeKind, Pick<Queue, 'send'>>;
  clock: Clock;
  /** From 0 to below 1. */
  random: () => number;
}

type Page<Item> = { items: Item[]; next?: Record<string, unknown> };

/**
 * Sends everything that falls due within 150 s, or is overdue, to delayed queues. A crash or a repeat causes duplicates, which their consumers
 * recognise.
 */
export async function dispatchDue(deps: DispatchDueDeps): Promise<void> {
  const now = deps.clock();
  const before = now + AHEAD_MS;
  const began = performance.now();
  const isTimeLeft = () => performance.now() - began < MAX_RUNTIME_MS;
  const wakes = eachPage(
    isTimeLeft,
    async (cursor) => {
      const page = await deps.wakes.dueBefore(before, { limit: PAGE, cursor });
      return { items: page.wakes, next: page.next };
    },
    (due) => dispatchWakes(deps, due, now),
  );
  const shards = mapWithConcurrency(
    SHARD_CONCURRENCY,
    shardsFrom(Math.floor(deps.random() * SHARDS)),
    async (shard) => {
      await Promise.all([
        eachPage(
          isTimeLeft,
          async (cursor) => {
            const page = await deps.profiles.dueBefore(shard, before, { limit: PAGE, cursor });
            return { items: page.due, next: page.next };
          },
          (items) => deps.due.send(items.map(({ key, at }) => dueMessage(key, at, now))),
        ),
        eachPage(
          isTimeLeft,
          async (cursor) => {
            const page = await deps.runs.dueBefore(shard, before, { limit: PAGE, cursor });
            return { items: page.entries, next: page.next };
          },
          (entries) => dispatchRuns(deps, entries, now),
        ),
      ]);
    },
  );
  await Promise.all([wakes, shards]);
}

/** Returns all shards, starting with this one: if a minute is too short for all, no shard is last every time. */
const shardsFrom = (first: number): string[] =>
  Array.from({ length: SHARDS }, (_, index) => String((first + index) % SHARDS).padStart(2, '0'));

/** A wake is dispatched once, even before its instant: a second message would do its work at the same time. */
async function dispatchWakes(deps: DispatchDueDeps, wakes: Wake[], now: EpochMs): Promise<void> {
  await mapWithConcurrency(RUN_CONCURRENCY, wakes, async (one) => {
    await deps.wakeQueues[one.kind].send([{ body: one.body, delaySeconds: delayUntil(one.at, now) }]);
    await deps.wakes.dispatched(one, Math.max(one.at, now) + DISPATCHED_MS);
  });
}

/** Starts the next leg of parked runs, and the first leg of runs whose enrolment was lost. `start-run` postpones those whose journey is paused. */
async function dispatchRuns(deps: DispatchDueDeps, entries: string[], now: EpochMs): Promise<void> {
  const runs = await mapWithConcurrency(RUN_CONCURRENCY, entries, (entry) => deps.runs.get(entry));
  const due = runs.flatMap((run) => (run === undefined ? [] : dueRun(run)));
  await deps.enrolments.send(due.map((run) => enrolment(run, now)));
  const overdue = due.filter(({ dueAt }) => dueAt <= now);
  await mapWithConcurrency(RUN_CONCURRENCY, overdue, ({ entry, dueAt }) =>
    deps.runs.postponeDue(entry, dueAt, now + DISPATCHED_MS),
  );
}

interface DueRun {
  entry: string;
  dueAt: EpochMs;
  leg: number;
}

/** Returns the run with the leg to start. An open run is due until the start of its leg's execution is confirmed. */
const dueRun = ({ entry, status, dueAt, leg }: Run): DueRun[] =>
  dueAt === undefined || status === 'closed' ? [] : [{ entry, dueAt, leg: status === 'open' ? leg : leg + 1 }];

const enrolment = ({ entry, dueAt, leg }: DueRun, now: EpochMs): Outgoing => ({
  body: { entry, leg },
  delaySeconds: delayUntil(dueAt, now),
});

const delayUntil = (at: EpochMs, now: EpochMs): number => Math.min(900, Math.max(0, Math.ceil((at - now) / 1000)));

async function eachPage<Item>(
  isTimeLeft: () => boolean,
  read: (cursor: Record<string, unknown> | undefined) => Promise<Page<Item>>,
  work: (items: Item[]) => Promise<void>,
): Promise<void> {
  let cursor: Record<string, unknown> | undefined;
  do {
    const page = await read(cursor);
    if (page.items.length > 0) await work(page.items);
    cursor = page.next;
  } while (cursor !== undefined && isTimeLeft());
}
