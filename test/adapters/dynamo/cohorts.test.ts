import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { cohortStore } from '../../../adapters/dynamo/cohorts.ts';
import { cohortKey } from '../../../core/metrics/cohorts.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

const at = (text: string): number => Date.parse(`2026-11-02T${text}Z`);

test('hours reach from that of the first instant to that of the minute that has not ended', async () => {
  const { client } = new MemoryTables();
  for (const hour of ['00', '01', '02', '03', '04'])
    await client.send(
      new PutCommand({
        TableName: TABLES.metrics,
        Item: { pk: cohortKey('channel:email', 2), sk: `2026-11-02T${hour}#email`, s00: 1 },
      }),
    );
  const hours = async (to: string) =>
    (await cohortStore(client, TABLES.metrics).hours('channel:email', 2, at('01:30:00'), at(to))).map(({ sk }) => sk);
  expect(await hours('02:59:00')).toEqual(['2026-11-02T01#email', '2026-11-02T02#email']);
  // Its messages are counted by the end of the minute.
  expect(await hours('02:59:01')).toEqual(['2026-11-02T01#email', '2026-11-02T02#email', '2026-11-02T03#email']);
});

test('all pages are read', async () => {
  const pages = [{ Items: [{ sk: 'a', s00: 1 }], LastEvaluatedKey: { pk: 'p', sk: 'a' } }, { Items: [{ sk: 'b' }] }];
  const client = { send: async () => pages.shift() } as never;
  const found = await cohortStore(client, TABLES.metrics).hours('channel:email', 0, at('01:00:00'), at('02:00:00'));
  expect(found.map(({ sk }) => sk)).toEqual(['a', 'b']);
});
