import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { tableOf } from '../../../adapters/dynamo/table.ts';
import { bucketOf, type MessageId, messageIdOf } from '../../../core/ids.ts';
import type { Draft, MessageStore } from '../../../engine/messages/ports.ts';
import type { Places } from '../../../engine/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');

let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
let messages: MessageStore;
beforeAll(async () => {
  ({ client, stop } = await startTables());
  messages = messageStore(client, TABLES.messages);
});
afterAll(() => stop());

/** A message that a run of `profile` asked for, sent to `home`. */
async function take(profile: string, at: number, home = profile): Promise<MessageId> {
  const id = messageIdOf({ entry: `run-of-${profile}`, profile }, at, 'hello', 1);
  const draft: Draft = {
    id,
    profile: home,
    channel: 'push',
    template: { id: 'hello', version: 1 },
    topic: undefined,
    source: { kind: 'journey', id: 'welcome', version: 1, node: 'hello', run: `run-of-${profile}` },
    at,
    request: {
      message: id,
      profile,
      template: { id: 'hello', version: 1 },
      source: { kind: 'journey', id: 'welcome', version: 1, node: 'hello', run: `run-of-${profile}` },
      at,
    },
    links: undefined,
    to: undefined,
  };
  expect(await messages.take(draft, 'owner', at, at + 1)).not.toBe(false);
  return id;
}

async function pagesOf(profiles: string[], limit: number): Promise<MessageId[][]> {
  const pages: MessageId[][] = [];
  let cursor: Places | undefined;
  do {
    const { ids, next } = await messages.byProfile(profiles, { limit, cursor });
    pages.push(ids);
    cursor = next && JSON.parse(JSON.stringify(next));
  } while (cursor !== undefined);
  return pages;
}

describe('messages of a profile', () => {
  test('come newest first, in pages of one Query each, whatever is added meanwhile', async () => {
    const [a, b, c] = [await take('one', NOW), await take('one', NOW + 1), await take('one', NOW + 2)];
    const send = vi.spyOn(client, 'send');
    const { ids, next } = await messages.byProfile(['one'], { limit: 2 });
    expect(send.mock.calls.map(([command]) => command.constructor.name)).toEqual(['QueryCommand']);
    send.mockRestore();
    expect(ids).toEqual([c, b]);
    await take('one', NOW + 3);
    expect(await messages.byProfile(['one'], { limit: 2, cursor: next })).toEqual({ ids: [a] });
  });

  test('are those of a range, both ends included', async () => {
    const ids = [];
    for (const at of [NOW, NOW + 1, NOW + 2, NOW + 3]) ids.push(await take('ranged', at));
    const { ids: found } = await messages.byProfile(['ranged'], { range: { from: NOW + 1, to: NOW + 2 }, limit: 9 });
    expect(found).toEqual([ids[2], ids[1]]);
  });

  test('come from all keys that a customer has had, also where a run of the merged profile sent later', async () => {
    const before = await take('merged', NOW);
    const own = await take('survivor', NOW + 1);
    const after = await take('merged', NOW + 2, 'survivor');
    expect(await pagesOf(['survivor', 'merged'], 2)).toEqual([[after, own], [before]]);
  });

  test('leave out rows of another profile in the same bucket', async () => {
    const ids = [await take('crowded', NOW), await take('crowded', NOW + 1)];
    const rows = tableOf(client, TABLES.messages);
    for (let other = 0; other < 5; other += 1) {
      const sk = `${ids[0]?.slice(0, 17)}other2${other}xx`;
      await rows.put({ pk: `MSG#${bucketOf(String(ids[0]))}`, sk, profile: 'another', at: NOW });
    }
    expect((await pagesOf(['crowded'], 1)).flat()).toEqual([ids[1], ids[0]]);
  });

  test('fill their page where rows are so large that a Query ends before', async () => {
    const rows = tableOf(client, TABLES.messages);
    const ids = [];
    for (let at = NOW; at < NOW + 6; at += 1) {
      const id = messageIdOf({ entry: 'large', profile: 'large' }, at, 'hello', 1);
      await rows.put({ pk: `MSG#${bucketOf(id)}`, sk: id, profile: 'large', at, filler: 'x'.repeat(300_000) });
      ids.unshift(id);
    }
    expect(await messages.byProfile(['large'], { limit: 5 })).toMatchObject({ ids: ids.slice(0, 5) });
  });
});
