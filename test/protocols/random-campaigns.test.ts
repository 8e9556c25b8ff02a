import { expect, it } from 'vitest';
import { faultsOfCampaign } from './check-history.ts';
import { randomCampaign } from './random-campaigns.ts';

/** `SEED=n npx vitest run test/protocols/random-campaigns.test.ts` replays one history; `npm run test:search` runs hundreds more. */
const { SEED } = process.env;
/**
 * A pause that was lifted seconds ago ended a sending; a worker that died before it asked for the next tick ended one, too. A merge, and a consent,
 * brought recipients to an address of another one.
 */
const KEPT = [5, 8, 20_034, 20_121, 20_124];
const SEEDS = SEED === undefined ? [1, 2, 3, ...KEPT] : [Number(SEED)];

it.each(SEEDS)(
  'a campaign at random, seed %i: nobody twice, nobody lost, every figure true',
  async (seed) => {
    const { faults } = await faultsOfCampaign(randomCampaign(seed), seed);
    expect(faults).toEqual([]);
  },
  60_000,
);
