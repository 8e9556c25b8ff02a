import fc from 'fast-check';
import { expect, it } from 'vitest';
import { caseAt } from '../policies/opening-oracle.ts';
import { compareGate, place } from './gate-oracle.ts';

const [FROM, TO] = [Date.parse('2026-01-01'), Date.parse('2028-01-01')];
const zones = Intl.supportedValuesOf('timeZone');
/** Messages for each zone. */
const MESSAGES = Number(process.env.MESSAGES ?? 20);

it(`messages leave at their first open minute, in ${zones.length} timezones and two years`, {
  timeout: 1_800_000,
}, () => {
  let compared = 0;
  for (const [index, timezone] of zones.entries()) {
    const any = fc.tuple(
      fc.integer({ min: FROM, max: TO }).chain((now) => caseAt(now, timezone)),
      place,
    );
    for (const [one, where] of fc.sample(any, { numRuns: MESSAGES, seed: index + 1 })) {
      compareGate(one, where, 3);
      compared += 1;
    }
  }
  expect(compared).toBe(zones.length * MESSAGES);
});
