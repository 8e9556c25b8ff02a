import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import { shortHash } from '../../../core/ids.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import type { ProfileDeps } from '../../../engine/profiles/deps.ts';
import { unseen } from '../../../engine/profiles/unseen-events.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const DAY = 24 * 3600_000;
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

/** 14 days on a queue, and 14 on its dead-letter queue. */
it.each([0, 1, 9, 20, 28])('an event that was counted %i days ago is known when it is redriven', async (days) => {
  const profiles = profileStore(tables.client, TABLES.profiles);
  const received = NOW - days * DAY;
  const key = `redriven-after-${days}`;
  const event = (id: string) => ({
    id,
    type: 'track' as const,
    name: 'Order Completed',
    at: received,
    receivedAt: received,
    index: 0,
    key: 'server' as const,
  });
  await profiles.putOlderIds(key, [shortHash('counted')], received + 1_000);
  const deps = { profiles, clock: () => NOW } as unknown as ProfileDeps;
  const activity = { ...emptyActivity(), trimmedAt: received + 1_000 };
  const found = await unseen(deps, key, activity, [event('counted'), event('lost')]);
  expect(found.map(({ id }) => id)).toEqual(['lost']);
  const { Items = [] } = await tables.client.send(
    new QueryCommand({
      TableName: TABLES.profiles,
      KeyConditionExpression: 'pk = :key',
      ExpressionAttributeValues: { ':key': key },
    }),
  );
  // DynamoDB deletes it then at the earliest.
  expect(Items.map(({ ttl }) => Number(ttl) * 1000 > received + 28 * DAY)).toEqual([true]);
});
