import { describe, expect, it } from 'vitest';
import { NODES } from '../../core/journeys/nodes/registry.ts';
import { checkHistory, cleanOutcomesOf } from './check-history.ts';
import { HISTORIES } from './histories/index.ts';
import { TYPES } from './rules.ts';

/** Seeds per history; `npm run test:search` runs more. */
const SEEDS = Number(process.env.DEATHS ?? 8);

describe('whatever is delivered twice, out of order, at once, or dies between two calls', () => {
  for (const title of Object.keys(HISTORIES)) {
    it(`leaves "${title}" as a clean run does`, async () => {
      const cleans = await cleanOutcomesOf(title);
      const { messages, when, runs, tasks } = cleans.found[0];
      expect({ messages, when, runs, tasks }).toMatchSnapshot();
      for (let seed = 1; seed <= SEEDS; seed += 1) await checkHistory(title, seed, cleans);
    }, 60_000);
  }
});

it('every node type is among the journeys', () => {
  expect(Object.keys(NODES).filter((type) => !TYPES.has(type))).toEqual([]);
});
