import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rateStore } from '../../../adapters/dynamo/rates.ts';
import { rates } from '../../../engine/messages/rates.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

const NOW = Date.parse('2026-11-02T01:00:00Z');

test('of many senders that ask side by side, so many take a token as there are', async () => {
  let now = NOW;
  const senders = Array.from({ length: 8 }, () => rates(rateStore(client, TABLES.catalog), () => now, Math.random));
  const ask = () => Promise.all(senders.flatMap((one) => [one, one, one].map((same) => same.take('crowd', 'now', 4))));
  let taken = (await ask()).filter(Boolean).length;
  expect(taken).toBeGreaterThan(0);
  for (let second = 1; second <= 10; second += 1) {
    now += 1_000;
    taken += (await ask()).filter(Boolean).length;
    // The bucket holds 5.
    expect(taken).toBeLessThanOrEqual(5 + 4 * second);
  }
  expect(taken).toBeGreaterThan(25);
});

test('the line is as long as those who stand in it need, and starts anew after it has passed', async () => {
  const { lengthen } = rateStore(client, TABLES.catalog);
  const ends = await Promise.all(Array.from({ length: 10 }, () => lengthen('line', 'bulk', 500, NOW)));
  expect(ends.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => NOW + 500 * (index + 1)));
  expect(await lengthen('line', 'now', 500, NOW)).toBe(NOW + 500);
  expect(await lengthen('line', 'bulk', 500, NOW + 60_000)).toBe(NOW + 60_500);
});

test('a bucket is full from the instant on at which its last token has come, and gives away up to its limit', async () => {
  const { give, given } = rateStore(client, TABLES.catalog);
  expect(await give('edge', 100, { isFull: true, now: NOW, limit: 0 })).toBe(true);
  // It is not full, whatever the asker has read.
  expect(await give('edge', 100, { isFull: true, now: NOW + 99, limit: 0 })).toBe(false);
  expect(await give('edge', 100, { isFull: false, now: NOW, limit: NOW + 99 })).toBe(false);
  expect(await give('edge', 100, { isFull: false, now: NOW, limit: NOW + 100 })).toBe(true);
  // It is full now.
  expect(await give('edge', 100, { isFull: false, now: NOW + 200, limit: NOW + 900 })).toBe(false);
  expect(await give('edge', 100, { isFull: true, now: NOW + 200, limit: 0 })).toBe(true);
  expect(await given('edge')).toEqual({ at: NOW + 300, fullAt: NOW + 200 });
});
