import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { throttles } from '../../../adapters/dynamo/throttle.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

const NOW = Date.parse('2026-11-02T01:00:00Z');

test('of many at once, so many pass a minute, though all ask side by side', async () => {
  const { pass } = throttles(client, TABLES.catalog);
  const at = await Promise.all(Array.from({ length: 25 }, (_, who) => pass('crowd', 10, NOW, `run-${who}`)));
  const after = at.map((instant) => instant - NOW).sort((a, b) => a - b);
  expect(after.filter((ms) => ms === 0)).toHaveLength(10);
  expect(after.slice(10)).toEqual(Array.from({ length: 15 }, (_, index) => (index + 1) * 6_000));
});

test('who comes when it has calmed down passes at once', async () => {
  const { pass } = throttles(client, TABLES.catalog);
  for (let index = 0; index < 3; index += 1) await pass('calm', 2, NOW, `run-${index}`);
  expect(await pass('calm', 2, NOW + 90_000, 'run-late')).toBe(NOW + 90_000);
});

test('a run that is asked for twice takes one place, and two that ask at once do not both take one', async () => {
  const { pass } = throttles(client, TABLES.catalog);
  const asked = await Promise.allSettled(Array.from({ length: 3 }, () => pass('twice', 1, NOW, 'run-1')));
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await pass('twice', 1, NOW + 1_000, 'run-1')).toBe(NOW);
  expect(await pass('twice', 1, NOW, 'run-2')).toBe(NOW + 60_000);
});
