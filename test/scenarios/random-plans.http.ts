import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';
import { differencesOfPlan } from './random-plans.ts';

/** `SEED=n npx vitest run --config vitest.http.config.ts test/scenarios/random-plans.http.ts` replays one; `npm run test:search` runs 50. */
const { SEED } = process.env;
/** A winner at customers' own times; the recount doubled whom it found under two days, as in seed 2. */
const KEPT = [2017];
const SEEDS = SEED === undefined ? [1, 2, 3, 4, 5, ...KEPT] : [Number(SEED)];

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

it.each(SEEDS)(
  'a campaign at random, seed %i: its plan says what then happens',
  async (seed) => {
    expect(await differencesOfPlan(cairn, seed)).toEqual([]);
  },
  120_000,
);
