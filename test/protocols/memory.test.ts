import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { inMemory, runClean } from './check-history.ts';
import type { Item } from './expressions.ts';
import { HISTORIES } from './histories/index.ts';
import { startTables } from './tables.ts';

/** Every n-th history is run; `npm run test:search` runs more of them. */
const STRIDE = Number(process.env.PARITY ?? 50);

describe('the tables in memory answer as the stand-in for DynamoDB does', () => {
  it.each(Object.keys(HISTORIES).filter((_, index) => index % STRIDE === 0))('%s', async (title) => {
    const { client, stop } = await startTables();
    const all = async (table: string): Promise<Item[]> =>
      (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];
    expect(await runClean(() => ({ client, all }), title)).toEqual(await runClean(inMemory, title));
    await stop();
  });
});
