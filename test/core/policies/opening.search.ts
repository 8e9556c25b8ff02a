import fc from 'fast-check';
import { expect, it } from 'vitest';
import { caseAt, compareWithMinutes } from './opening-oracle.ts';

const DAY = 86_400_000;
const [FROM, TO] = [Date.parse('2026-01-01'), Date.parse('2028-01-01')];
const offset = (ms: number, timezone: string): string =>
  new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }).format(ms).split('GMT')[1] ?? '';

/** Days of the two years on which the zone's clocks are changed. */
function changesOf(timezone: string): number[] {
  const changes: number[] = [];
  let before = offset(FROM, timezone);
  for (let day = FROM; day < TO; day += 7 * DAY) {
    const after = offset(day + 7 * DAY, timezone);
    for (let one = day; after !== before && one < day + 7 * DAY; one += DAY)
      if (offset(one, timezone) !== offset(one + DAY, timezone)) changes.push(one);
    before = after;
  }
  return changes;
}

const zones = Intl.supportedValuesOf('timeZone');
/** How many windows for each zone and instant. */
const WINDOWS = Number(process.env.WINDOWS ?? 2);

it(`agrees with the clock at every minute, in ${zones.length} timezones and two years`, { timeout: 1_800_000 }, () => {
  let seed = 1;
  let compared = 0;
  for (const timezone of zones) {
    const around = changesOf(timezone).flatMap((day) => [-20, -2, 1, 6, 14, 23].map((hour) => day + hour * 3_600_000));
    const anywhere = fc.sample(fc.integer({ min: FROM, max: TO }), { numRuns: 6, seed });
    for (const now of [...around, ...anywhere]) {
      seed += 1;
      for (const one of fc.sample(caseAt(now, timezone), { numRuns: WINDOWS, seed })) {
        compareWithMinutes(one, 3);
        compared += 1;
      }
    }
  }
  expect(compared).toBeGreaterThan(zones.length * 6 * WINDOWS - 1);
});
