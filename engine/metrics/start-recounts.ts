import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { isSettled } from '../../core/metrics/recorded.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { JobStore } from '../jobs/ports.ts';
import { recount, recountId } from '../jobs/start-job.ts';
import type { Clock, Queue } from '../ports.ts';
import { RECORDED_SHARDS, type RecordedMessages } from './ports.ts';

export interface StartRecountsDeps {
  jobs: JobStore;
  messages: Pick<RecordedMessages, 'recordedOn'>;
  queues: { jobs: Queue };
  clock: Clock;
}

/** As long as a message lies on a queue: what it counts is left to the recount. */
const BACK = 14;
const CONCURRENCY = 8;

/**
 * Runs every night. Counts the newest day that is over again, and those of nights that failed, or on which nothing ran. A day without a message
 * needs no job.
 */
export async function startRecounts(deps: StartRecountsDeps): Promise<void> {
  const days = daysBefore(deps.clock()).filter((day) => isSettled(day, deps.clock()));
  const jobs = await mapWithConcurrency(CONCURRENCY, days, (day) => deps.jobs.get(recountId(day)));
  // Notes lead to late facts, and nobody took them before the first recount.
  const first = Math.max(
    0,
    jobs.findLastIndex((job) => job !== undefined),
  );
  for (const [index, day] of days.slice(0, first + 1).entries()) {
    const status = jobs[index]?.status;
    if (status === 'running' || (status === undefined && (await hasMessages(deps, day)))) await recount(deps, day);
  }
}

/** Yesterday first. */
const daysBefore = (now: EpochMs): string[] => Array.from({ length: BACK }, (_, n) => utcDay(now - (n + 1) * DAY_MS));

/** On most days the first shard has one. */
async function hasMessages({ messages }: Pick<StartRecountsDeps, 'messages'>, day: string): Promise<boolean> {
  for (let shard = 0; shard < RECORDED_SHARDS; shard += 1) {
    const { ids } = await messages.recordedOn(day, shard, { limit: 1 });
    if (ids.length > 0) return true;
  }
  return false;
}
