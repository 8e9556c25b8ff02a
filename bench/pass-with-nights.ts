import type { Cloud } from '../local/running-cloud.ts';
import type { Counts, Meter } from './meter.ts';
import { added, type Use, useOf, withoutUse } from './use.ts';

export const DAY_MS = 24 * 3_600_000;
/** From before the first nightly function (03:17) until the jobs that the last one (03:23) starts are done. */
const BEGINS_MS = (3 * 60 + 16) * 60_000;
export const NIGHT_MS = 20 * 60_000;

/** Lets so much time pass. Returns the use of its nights alone. */
export async function passWithNights(cloud: Cloud, meter: Meter, ms: number): Promise<Use> {
  const to = cloud.clock.now() + ms;
  const nights: Use[] = [];
  const goTo = (at: number) => cloud.time.advance(() => Math.min(at, to));
  for (let at = nextNight(cloud.clock.now()); at + NIGHT_MS <= to; at += DAY_MS) {
    await goTo(at);
    const before = useOf(cloud, meter);
    await goTo(at + NIGHT_MS);
    nights.push(withoutUse(useOf(cloud, meter), before));
  }
  await goTo(to);
  return nights.reduce(added, NOTHING);
}

const NO_COUNTS: Counts = { reads: 0, dueReads: 0, writes: 0, dynamo: {}, units: {}, sqs: {}, s3: {} };
const NOTHING: Use = { counts: NO_COUNTS, invocations: {} };

/** The next instant at which a night begins. */
export const nextNight = (now: number): number => Math.ceil((now - BEGINS_MS) / DAY_MS) * DAY_MS + BEGINS_MS;
