import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Clock, Outgoing, Queue } from '../ports.ts';
import { dueMessage } from '../profiles/execute-effects.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';

const SHARDS = 64;
/** Shards worked at a time, and of each so many runs. */
const SHARD_CONCURRENCY = 16;
const RUN_CONCURRENCY = 16;
/** One minute between ticks, and room for a late one: delays of SQS reach 900 s. */
const AHEAD_MS = 150_000;
const PAGE = 200;
/** What was handed on lies on its queue: in a crowd for longer than a minute, and the next ticks must not put it there again and again. */
const HANDED_ON_MS = 10 * 60_000;
/** The next tick, which begins with another shard, goes on after this; the function may run for 55 s. */
const MAX_RUNTIME_MS = 45_000;

export interface DispatchDueDeps {
  profiles: Pick<ProfileStore, 'dueBefore'>;
  runs: Pick<RunStore, 'dueBefore' | 'get' | 'postponeDue'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  clock: Clock;
  /** 0 to below 1. */
  random: () => number;
}

type Page<Item> = { items: Item[]; next?: Record<string, unknown> };

/** Hands what falls due within 150 s, overdue included, to delayed queues. A crash or a repeat costs duplicates, which their consumers see through. */
export async function dispatchDue(deps: DispatchDueDeps): Promise<void> {
  const now = deps.clock();
  const before = now + AHEAD_MS;
  const began = performance.now();
  const isTimeLeft = () => performance.now() - began < MAX_RUNTIME_MS;
  await mapWithConcurrency(SHARD_CONCURRENCY, shardsFrom(Math.floor(deps.random() * SHARDS)), async (shard) => {
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
        (entries) => handOn(deps, entries, now),
      ),
    ]);
  });
}

/** All of them, beginning with this one: where a minute is too short for all, none comes last every time. */
const shardsFrom = (first: number): string[] =>
  Array.from({ length: SHARDS }, (_, index) => String((first + index) % SHARDS).padStart(2, '0'));

/** Parked runs go on with their next leg, and those whose enrolment was lost begin; `start-run` postpones those whose journey is paused. */
async function handOn(deps: DispatchDueDeps, entries: string[], now: EpochMs): Promise<void> {
  const runs = await mapWithConcurrency(RUN_CONCURRENCY, entries, (entry) => deps.runs.get(entry));
  const due = runs.flatMap((run) => (run === undefined ? [] : dueRun(run)));
  await deps.enrolments.send(due.map((run) => enrolment(run, now)));
  const overdue = due.filter(({ dueAt }) => dueAt <= now);
  await mapWithConcurrency(RUN_CONCURRENCY, overdue, ({ entry, dueAt }) =>
    deps.runs.postponeDue(entry, dueAt, now + HANDED_ON_MS),
  );
}

interface DueRun {
  entry: string;
  dueAt: EpochMs;
  leg: number;
}

/** With the leg to begin; an open run is due while its leg's execution is not known to have started. */
const dueRun = ({ entry, status, dueAt, leg }: Run): DueRun[] =>
  dueAt === undefined || status === 'closed' ? [] : [{ entry, dueAt, leg: status === 'open' ? leg : leg + 1 }];

const enrolment = ({ entry, dueAt, leg }: DueRun, now: EpochMs): Outgoing => ({
  body: { entry, leg },
  delaySeconds: Math.min(900, Math.max(0, Math.ceil((dueAt - now) / 1000))),
});

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
