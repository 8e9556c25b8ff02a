import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, type MessageId, type ProfileKey, shardOf } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import { listedUnder } from '../../core/messages/source.ts';
import type { DayPlace, MessageLists, Range } from '../../engine/messages/ports.ts';
import type { Cursor, Places } from '../../engine/ports.ts';
import { latestItems } from './latest-items.ts';

/** Number of partitions of the index by day for one day's messages: they take 16,000 new ones a second. */
const DAY_SHARDS = 16;
const DAY_MS = 24 * 3600_000;

/** Keys of the indexes by source and by day. They never change, because a draft's `at` is the instant of the request. */
export function indexesOf({ id, source, at }: Pick<Message, 'id' | 'source' | 'at'>): Record<string, unknown> {
  const day = `${dayOf(at)}#${shardOf(id, DAY_SHARDS)}`;
  const { under, first } = listedUnder(source);
  return { day, source: under, sourceAt: `${first}#${stamp(at)}` };
}

const MAX_STAMP = 9_999_999_999_999;
const stamp = (at: EpochMs): string => String(Math.min(MAX_STAMP, Math.max(0, at))).padStart(13, '0');
const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
const startOfDay = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;

const EVER: Range = { from: 0, to: Number.MAX_SAFE_INTEGER };

export const idOf = (item: Cursor): MessageId => String(item.pk).slice('MSG#'.length);

/** Messages found by the indexes of their table, page by page. */
export function messageLists(client: DynamoDBDocumentClient, table: string): MessageLists {
  async function list(query: object): Promise<{ ids: MessageId[]; next?: Cursor }> {
    const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand({ TableName: table, ...query }));
    return { ids: Items.map(idOf), next: LastEvaluatedKey };
  }

  /** Reads the items under one key of an index, in order of `at`, newest first. */
  const reader =
    (IndexName: string, name: string, { from, to }: Range, limit: number) =>
    async (key: string, start: Cursor | undefined) => {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName,
          KeyConditionExpression: '#key = :key AND #at BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#key': name, '#at': 'at' },
          ExpressionAttributeValues: { ':key': key, ':from': from, ':to': to },
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: start,
        }),
      );
      return { items: Items, isLast: LastEvaluatedKey === undefined };
    };

  return {
    bySource(source: string, page: { node?: string; range?: Range; limit: number; cursor?: Cursor }) {
      const { node, range = EVER } = page;
      return list({
        IndexName: 'source',
        KeyConditionExpression: node === undefined ? '#source = :s' : '#source = :s AND sourceAt BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#source': 'source' },
        ExpressionAttributeValues: {
          ':s': source,
          ...(node === undefined
            ? {}
            : { ':from': `${node}#${stamp(range.from)}`, ':to': `${node}#${stamp(range.to)}` }),
        },
        ScanIndexForward: false,
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },

    async byProfile(
      profiles: readonly ProfileKey[],
      page: { range?: Range; limit: number; cursor?: Places | undefined },
    ): Promise<{ ids: MessageId[]; next?: Places }> {
      const read = reader('profile', 'profile', page.range ?? EVER, page.limit);
      const { items, ...more } = await latestItems(profiles, page, read, ({ at }) => Number(at));
      return { ids: items.map(idOf), ...more };
    },

    async byDay(
      { from, to }: Range,
      page: { limit: number; cursor?: DayPlace | undefined },
    ): Promise<{ ids: MessageId[]; next?: DayPlace }> {
      const { day, places } = page.cursor ?? { day: startOfDay(to), places: {} };
      const shards = Array.from(
        { length: DAY_SHARDS },
        (_, shard) => `${dayOf(day)}#${String(shard).padStart(2, '0')}`,
      );
      const read = reader('day', 'day', { from, to }, page.limit);
      const { items, next } = await latestItems(shards, { limit: page.limit, cursor: places }, read, ({ at }) =>
        Number(at),
      );
      const ids = items.map(idOf);
      if (next !== undefined) return { ids, next: { day, places: next } };
      return day - DAY_MS < startOfDay(from) ? { ids } : { ids, next: { day: day - DAY_MS, places: {} } };
    },

    heldBy(by: string, page: { limit: number; cursor?: Cursor }) {
      return list({
        IndexName: 'held',
        KeyConditionExpression: 'held = :h',
        ExpressionAttributeValues: { ':h': by },
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },
  };
}
