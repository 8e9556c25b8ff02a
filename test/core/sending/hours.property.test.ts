import fc from 'fast-check';
import { test } from 'vitest';
import { caseAt } from '../policies/opening-oracle.ts';
import { compareGate, place } from './gate-oracle.ts';

const ZONES = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Europe/London', 'Africa/Casablanca'];
const CHANGES = ['2026-03-08', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01', '2027-03-14'];

test('a message leaves at the first minute at which window, calendar and floors are open, whoever says them', () => {
  const instant = fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -36 * 3_600_000, max: 36 * 3_600_000 }))
    .map(([date, ms]) => Date.parse(date) + ms);
  const any = fc.tuple(instant, fc.constantFrom(...ZONES)).chain(([now, timezone]) => caseAt(now, timezone));
  fc.assert(
    fc.property(any, place, (one, where) => compareGate(one, where, 4)),
    { numRuns: 40 },
  );
});
