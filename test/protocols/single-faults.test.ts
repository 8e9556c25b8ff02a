import { describe, it } from 'vitest';
import { holdsStruck, singleFaults } from './check-history.ts';

/** Every so many calls one is struck; `npm run test:search` strikes each. */
const STRIDE = 12;

describe('one fault at one call after the other', () => {
  for (const fault of singleFaults(STRIDE)) {
    it(`leaves "${fault.title}" as a clean run does: ${fault.strike}`, () => holdsStruck(fault), 60_000);
  }
});
