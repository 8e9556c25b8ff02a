import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, type MessageId, type ProfileKey, shardOf } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import { type IndexItem, latestItems, type Places } from './latest-items.ts';

/** A day's messages are spread over so many partitions of the index by day: it takes 16,000 new ones a second. */
const DAY_SHARDS = 16;
const DAY_MS = 24 * 3600_000;

/** Keys of the indexes by source and by day: they never change, because a draft's `at` is when the message was asked for. */
export function indexesOf({ id, source, at }: Pick<Message, 'id' | 'source' | 'at'>): Record<string, unknown> {
  const day = `${dayOf(at)}#${shardOf(id, DAY_SHARDS)}`;
  if (source.kind === 'journey')
    return { day, source: `journey:${source.id}`, sourceAt: `${source.node}#${stamp(at)}` };
  return { day, source: 'api', sourceAt: `${source.id}#${stamp(at)}` };
}

const MAX_STAMP = 9_999_999_999_999;
const stamp = (at: EpochMs): string => String(Math.min(MAX_STAMP, Math.max(0, at))).padStart(13, '0');
const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);
const startOfDay = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;

/** Both ends are in it. */
export interface Range {
  from: EpochMs;
  to: EpochMs;
}
const EVER: Range = { from: 0, to: Number.MAX_SAFE_INTEGER };
/** Where a list by day goes on. */
export interface DayPlace {
  day: EpochMs;
  places: Places;
}

export const idOf = (item: IndexItem): MessageId => String(item.pk).slice('MSG#'.length);

/** Messages found by the indexes of their table, page by page. */
export function messageLists(client: DynamoDBDocumentClient, table: string) {
  async function list(query: object): Promise<{ ids: MessageId[]; next?: IndexItem }> {
    const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand({ TableName: table, ...query }));
    return { ids: Items.map(idOf), next: LastEvaluatedKey };
  }

  /** Reads what lies under one key of an index in order of `at`, newest first. */
  const reader =
    (IndexName: string, name: string, { from, to }: Range, limit: number) =>
    async (key: string, start: IndexItem | undefined) => {
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
    /** Ids of `journey:<id>`'s messages, newest first within a node; of one node only those of `range`. */
    bySource(source: string, page: { node?: string; range?: Range; limit: number; cursor?: IndexItem }) {
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

    /** Ids of a customer's messages under all keys that it has had, newest first. */
    async byProfile(
      profiles: readonly ProfileKey[],
      page: { range?: Range; limit: number; cursor?: Places | undefined },
    ): Promise<{ ids: MessageId[]; next?: Places }> {
      const read = reader('profile', 'profile', page.range ?? EVER, page.limit);
      const { items, ...more } = await latestItems(profiles, page, read, ({ at }) => Number(at));
      return { ids: items.map(idOf), ...more };
    },

    /** Ids of all messages, newest first, of one day a call; `next` leads to the day before. */
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

    /** Ids of what is held by a channel or journey, oldest first. */
    heldBy(by: string, page: { limit: number; cursor?: IndexItem }) {
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
