import type { EpochMs } from '../../core/ids.ts';
import { REFUSED } from '../../core/metrics/ingestion-counters.ts';
import { ingestionSum } from '../../core/metrics/ingestion-hours.ts';
import { DomainError } from '../errors.ts';
import type { MetricSums } from '../metrics/ports.ts';
import type { Counts } from '../metrics/sum.ts';

export interface CountRefusalsDeps {
  metricEvents: MetricSums;
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
    if (Object.keys(counts).length > 0) deps.metricEvents.addSums([ingestionSum(counts, at)]);
  }
}
