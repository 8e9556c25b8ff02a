import { describe, it } from 'vitest';
import { CLEAN, cleanOutcomesOf, expectOneOf, inMemory, runClean } from './check-history.ts';

/** Histories without events in the half hour after an entry: a late start makes no difference. */
const UNHURRIED = [
  'a newcomer who says nothing',
  'two newcomers of whom neither redeems',
  'a call that nobody makes',
  'another system that takes what it is told',
  'round and round',
];

describe('a crowd', () => {
  for (const [fault, faultRates] of Object.entries({
    'that Step Functions starts at last': { ...CLEAN, refuse: 0.7 },
    'half of whose enrolments end on the dead-letter queue': { ...CLEAN, lose: 0.5 },
  })) {
    it.each(UNHURRIED)(`${fault}: %s`, async (title) => {
      const cleans = await cleanOutcomesOf(title);
      for (let seed = 1; seed <= 10; seed += 1) {
        const late = await runClean(inMemory, title, faultRates, seed);
        await expectOneOf(cleans, (outcome) => ({ ...outcome, when: [] }), late, `seed ${seed}`);
      }
    });
  }
});
