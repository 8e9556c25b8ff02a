import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { sumUp } from '../../core/metrics/buckets.ts';
import type { Sum } from '../../core/metrics/metric-event.ts';
import { type Drift, driftOf, tallyOf, total } from '../../core/metrics/recount.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Clock, Cursor, Log } from '../ports.ts';
import type { RecordedMessages, Recounts } from './ports.ts';

/** How many of its rows are read at a time. The sums of a page are one write. */
const CHUNK = 100;
const READERS = 4;
/** Counters compared at a time. */
const CONCURRENCY = 16;
/** Scopes and days that a log line names at most. */
const NAMED = 20;

export interface RecountDeps {
  messages: RecordedMessages;
  recounts: Recounts;
  /** Reports by how much the counters differed from the rows. */
  report: (drift: number) => void;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** A job that counts what rows recorded on a day (UTC). */
interface Recount {
  id: string;
  day: string;
}

const PlaceSchema = lazySchema(() =>
  z.object({ page: z.number(), after: z.record(z.string(), z.unknown()).optional() }),
);

/** Counts a page of the day's rows. The rows stand still by then, so that a repeat keeps the same under the same name. */
export async function recountPage(
  { messages, recounts, clock }: Pick<RecountDeps, 'messages' | 'recounts' | 'clock'>,
  { id, day }: Recount,
  { shard, limit, cursor }: { shard: number; limit: number; cursor?: Cursor | undefined },
): Promise<{ done: number; next?: Cursor }> {
  const { page, after } = PlaceSchema.safeParse(cursor).data ?? { page: 0 };
  const { ids, next } = await messages.recordedOn(day, shard, { limit, cursor: after });
  const chunks = Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, n) => ids.slice(n * CHUNK, (n + 1) * CHUNK));
  const tallies = await mapWithConcurrency(READERS, chunks, async (chunk) =>
    tallyOf(await messages.counted(chunk), day),
  );
  const sums = sumUp([], tallies.flat());
  if (sums.length > 0) await recounts.keep(id, `${shard}#${page}`, sums, clock());
  return { done: ids.length, ...(next === undefined ? {} : { next: { page: page + 1, after: next } }) };
}

/**
 * Compares the counters with the rows, reports by how much they differ, and corrects those that are too low. A counter that was corrected no longer
 * differs, so that whoever comes again, or at the same time, corrects nothing twice. Nothing is ever taken away.
 */
export async function correctCounters(deps: RecountDeps, recount: Recount): Promise<void> {
  const tallies = await talliesOf(deps, recount);
  const drifts = await mapWithConcurrency(CONCURRENCY, tallies, async (tally) => ({
    tally,
    drift: driftOf(tally, await deps.recounts.counters(tally.scope, tally.day), recount.day),
  }));
  const missing = named(drifts, ({ drift }) => drift.missing);
  const excess = named(drifts, ({ drift }) => drift.excess);
  // Before they are corrected: who comes after a death in between finds no difference any more.
  deps.report([...missing, ...excess].reduce((sum, { counts }) => sum + total(counts), 0));
  if (missing.length > 0)
    deps.log.warn('counters were too low', { day: recount.day, of: missing.length, first: missing.slice(0, NAMED) });
  if (excess.length > 0)
    deps.log.warn('counters are too high', { day: recount.day, of: excess.length, first: excess.slice(0, NAMED) });
  const wrong = drifts.filter(({ drift }) => total(drift.missing) > 0);
  await mapWithConcurrency(CONCURRENCY, wrong, ({ tally }) => correct(deps, recount, tally));
}

async function talliesOf({ recounts }: Pick<RecountDeps, 'recounts'>, { id }: Recount): Promise<Sum[]> {
  let sums: Sum[] = [];
  let cursor: Cursor | undefined;
  do {
    const kept = await recounts.kept(id, cursor);
    sums = sumUp([], [...sums, ...kept.sums]);
    cursor = kept.next;
  } while (cursor !== undefined);
  return sums;
}

const named = (
  drifts: readonly { tally: Sum; drift: Drift }[],
  side: (one: { tally: Sum; drift: Drift }) => Record<string, number>,
): Sum[] =>
  drifts.flatMap((one) => {
    const counts = side(one);
    return total(counts) === 0 ? [] : [{ scope: one.tally.scope, day: one.tally.day, counts }];
  });

/** @throws Error if somebody else changes the counters all the time; the message of the job comes again */
async function correct({ recounts }: Pick<RecountDeps, 'recounts'>, { day }: Recount, tally: Sum): Promise<void> {
  await retryOnConflict(
    async () => {
      const stored = await recounts.counters(tally.scope, tally.day);
      const { missing } = driftOf(tally, stored, day);
      if (total(missing) === 0) return undefined;
      const sums = { scope: tally.scope, day: tally.day, counts: missing };
      return (await recounts.correct(sums, stored)) ? undefined : CONFLICT;
    },
    () => new Error(`the counters of ${tally.scope} on ${tally.day} change while they are corrected`),
  );
}
