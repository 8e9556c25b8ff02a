import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { NODES } from '../../core/journeys/nodes/registry.ts';
import { cleanly, cleansOf, holds, inMemory } from './check-history.ts';
import type { Item } from './expressions.ts';
import { TYPES } from './rules.ts';
import { STORIES } from './stories/index.ts';
import { startTables } from './tables.ts';

/** Histories of each story; `npm run test:search` tells many more. */
const SEEDS = Number(process.env.SEEDS ?? 20);

describe('whatever is delivered twice, out of order, at once, or dies between two calls', () => {
  for (const title of Object.keys(STORIES)) {
    it(`leaves "${title}" as a clean run does`, async () => {
      const cleans = await cleansOf(title);
      const { messages, when, runs, tasks } = cleans.found[0];
      expect({ messages, when, runs, tasks }).toMatchSnapshot();
      for (let seed = 1; seed <= SEEDS; seed += 1) await holds(title, seed, cleans);
    }, 60_000);
  }
});

it('every node type is among the journeys', () => {
  expect(Object.keys(NODES).filter((type) => !TYPES.has(type))).toEqual([]);
});

describe('the tables in memory', () => {
  it('answer as the stand-in for DynamoDB does', async () => {
    for (const title of PARITY) {
      const { client, stop } = await startTables();
      const all = async (table: string): Promise<Item[]> =>
        (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];
      expect(await cleanly(() => ({ client, all }), title), title).toEqual(await cleanly(inMemory, title));
      await stop();
    }
  });
});

const PARITY = Object.keys(STORIES).filter((_, index) => index % 10 === 0);
