import type { EpochMs } from '../../core/ids.ts';
import { REFUSED } from '../../core/metrics/ingestion-counters.ts';
import { ingestionSum } from '../../core/metrics/ingestion-hours.ts';
import { DomainError } from '../errors.ts';
import { publishSums } from '../metrics/publish-sums.ts';
import type { Counts } from '../metrics/sum.ts';
import type { Log, Queue } from '../ports.ts';

export interface CountRefusalsDeps {
  /** The queue `metric-events`. */
  sums: Pick<Queue, 'send'>;
  log: Pick<Log, 'warn'>;
}

/**
 * Handles a request, and publishes how many of its items were rejected, and whether it was refused as a whole. A client's repeat is another request,
 * which counts again.
 */
export async function countRefusals<Result>(
  deps: CountRefusalsDeps,
  at: EpochMs,
  handle: (counts: Counts) => Promise<Result>,
): Promise<Result> {
  const counts: Counts = {};
  try {
    return await handle(counts);
  } catch (error) {
    if (error instanceof DomainError && Object.hasOwn(REFUSED, error.fault.code))
      counts[`refused:${error.fault.code}`] = 1;
    throw error;
  } finally {
    await publish(deps, counts, at);
  }
}

/** A failure does not fail the request, because its items are on the queue already. */
async function publish({ sums, log }: CountRefusalsDeps, counts: Counts, at: EpochMs): Promise<void> {
  if (Object.keys(counts).length === 0) return;
  try {
    await publishSums(sums, [ingestionSum(counts, at)]);
  } catch (error) {
    log.warn('rejected items were not counted', { error, counts });
  }
}
