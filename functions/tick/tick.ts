import type { EpochMs } from '../../core/ids.ts';
import type { ProfileStore } from '../shared/adapters/profiles.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { Clock } from '../shared/clock.ts';
import { dueMessage } from '../shared/profiles/effects.ts';

const SHARDS = 64;
/** Shards read at a time. */
const ABREAST = 8;
/** One minute between ticks, and room for a late one: delays of SQS reach 900 s. */
const AHEAD_MS = 150_000;
const PAGE = 200;

export interface TickDeps {
  profiles: Pick<ProfileStore, 'dueBefore'>;
  runs: Pick<RunStore, 'dueBefore' | 'get'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  clock: Clock;
}

type Page<Item> = { items: Item[]; next?: Record<string, unknown> };

/** Hands what falls due within 150 s, overdue included, to delayed queues. A crash or a repeat costs duplicates, which their consumers see through. */
export async function tick(deps: TickDeps): Promise<void> {
  const now = deps.clock();
  const before = now + AHEAD_MS;
  await eachShard(async (shard) => {
    await eachPage(
      async (cursor) => {
        const page = await deps.profiles.dueBefore(shard, before, { limit: PAGE, cursor });
        return { items: page.due, next: page.next };
      },
      (items) => deps.due.send(items.map(({ key, at }) => dueMessage(key, at, now))),
    );
    await eachPage(
      async (cursor) => {
        const page = await deps.runs.dueBefore(shard, before, { limit: PAGE, cursor });
        return { items: page.entries, next: page.next };
      },
      (entries) => resume(deps, entries, now),
    );
  });
}

/** Parked runs go on with their next leg; `enrol` postpones those whose journey is paused. */
async function resume(deps: TickDeps, entries: string[], now: EpochMs): Promise<void> {
  for (const entry of entries) {
    const run = await deps.runs.get(entry);
    if (run?.status !== 'parked' || run.dueAt === undefined) continue;
    const delaySeconds = Math.min(900, Math.max(0, Math.ceil((run.dueAt - now) / 1000)));
    await deps.enrolments.send([{ body: { entry, leg: run.leg + 1 }, delaySeconds }]);
  }
}

async function eachShard(work: (shard: string) => Promise<void>): Promise<void> {
  const shards = Array.from({ length: SHARDS }, (_, index) => String(index).padStart(2, '0'));
  const lane = async () => {
    for (let shard = shards.pop(); shard !== undefined; shard = shards.pop()) await work(shard);
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
}

async function eachPage<Item>(
  read: (cursor: Record<string, unknown> | undefined) => Promise<Page<Item>>,
  work: (items: Item[]) => Promise<void>,
): Promise<void> {
  let cursor: Record<string, unknown> | undefined;
  do {
    const page = await read(cursor);
    if (page.items.length > 0) await work(page.items);
    cursor = page.next;
  } while (cursor !== undefined);
}
