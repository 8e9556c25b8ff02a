import { expect, it } from 'vitest';
import { faultsOfSending } from './check-history.ts';
import { randomSending } from './random-sending.ts';

/** `SEED=n npx vitest run test/protocols/random-sending.test.ts` replays one history; `npm run test:search` runs a thousand more. */
const { SEED } = process.env;
/**
 * A repeat of the first request sent what had been deferred, and nobody resumed the run. Of the last: what had bounced, or was unknown, was sent again and
 * refused, which gave back the slot of its first try.
 */
const KEPT = [2094, 2171, 2215, 70_712];
const SEEDS = SEED === undefined ? [...Array.from({ length: 20 }, (_, index) => index + 1), ...KEPT] : [Number(SEED)];

it.each(SEEDS)(
  'sending at random, seed %i: none lost, doubled, against a no, over a cap or at a closed hour',
  async (seed) => {
    expect(await faultsOfSending(randomSending(seed), seed)).toEqual([]);
  },
);
