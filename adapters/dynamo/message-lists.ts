import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type EpochMs,
  instantText,
  type MessageId,
  messageBucketOf,
  type ProfileKey,
  requestedAtOf,
  shardOf,
} from '../../core/ids.ts';
import { type ChannelOpening, openingId } from '../../core/messages/channel-opening.ts';
import type { Message } from '../../core/messages/message.ts';
import { listKeysOf } from '../../core/messages/source.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { DayPlace, MessageLists, Range } from '../../engine/messages/ports.ts';
import type { Cursor, Places } from '../../engine/ports.ts';
import { type Expression, expression } from './expressions.ts';
import type { Item } from './item.ts';
import { latestItems } from './latest-items.ts';
import { bucketKey, idOf } from './message-items.ts';
import { type QueryOptions, type Table, tableOf } from './table.ts';

/** Number of partitions of the index by day for one day's messages: they take 16,000 new ones a second. */
const DAY_SHARDS = 16;
/** Number of partitions of the messages that wait for one opening: they too take 16,000 new ones a second. */
const DEFERRED_SHARDS = 16;

/** Keys of the indexes by source and by day. They never change, because a draft's `at` is the instant of the request. */
export function indexesOf({ id, source, at }: Pick<Message, 'id' | 'source' | 'at'>): Record<string, unknown> {
  const day = `${utcDay(at)}#${shardOf(id, DAY_SHARDS)}`;
  const { partition, sortPrefix } = listKeysOf(source);
  return { day, source: partition, sourceAt: `${sortPrefix}#${stamp(at)}` };
}

const MAX_STAMP = 9_999_999_999_999;
const stamp = (at: EpochMs): string => String(Math.min(MAX_STAMP, Math.max(0, at))).padStart(13, '0');
const startOfDay = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS;

const EVER: Range = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Key under which the index `held` lists a deferred message: many may come within seconds, so they share the partitions of an opening. */
export const deferredKey = (opening: ChannelOpening, id: MessageId): string =>
  `open#${openingId(opening)}#${shardOf(id, DEFERRED_SHARDS)}`;
const deferredKeys = (opening: ChannelOpening): string[] =>
  Array.from({ length: DEFERRED_SHARDS }, (_, shard) => `open#${openingId(opening)}#${String(shard).padStart(2, '0')}`);

/** Messages found by their keys (those of a profile), else by the indexes of their table, page by page. */
export function messageLists(client: DynamoDBDocumentClient, table: string): MessageLists {
  const messages = tableOf(client, table);
  return { ...listsBySource(messages), ...listsByTime(messages), ...listsOfDeferred(messages) };
}

function listsBySource(messages: Table): Pick<MessageLists, 'bySource' | 'heldBy'> {
  async function list(key: Expression, options: QueryOptions): Promise<{ ids: MessageId[]; next?: Cursor }> {
    const { items, next } = await messages.query(key, options);
    return { ids: items.map(idOf), next };
  }

  return {
    bySource(source: string, page: { node?: string; range?: Range; limit: number; cursor?: Cursor }) {
      const { node, range = EVER, limit, cursor } = page;
      const ofSource = expression`#source = ${source}`;
      const [from, to] = [`${node}#${stamp(range.from)}`, `${node}#${stamp(range.to)}`];
      const key = node === undefined ? ofSource : expression`${ofSource} AND #sourceAt BETWEEN ${from} AND ${to}`;
      return list(key, { index: 'source', newestFirst: true, limit, after: cursor });
    },

    heldBy(by: string, { limit, cursor }: { limit: number; cursor?: Cursor }) {
      return list(expression`#held = ${by}`, { index: 'held', limit, after: cursor });
    },
  };
}

const listsOfDeferred = (messages: Table): Pick<MessageLists, 'deferredTo' | 'countDeferredTo'> => ({
  async deferredTo(
    opening: ChannelOpening,
    page: { limit: number; cursor?: Places | undefined },
  ): Promise<{ ids: MessageId[]; next?: Places }> {
    const read = async (held: string, after: Cursor | undefined) => {
      const { items, next } = await messages.query(expression`#held = ${held}`, {
        index: 'held',
        limit: page.limit,
        after,
      });
      return { items, isLast: next === undefined };
    };
    // Oldest first is newest first backwards.
    const { items, ...more } = await latestItems(deferredKeys(opening), page, read, ({ heldAt }) => -Number(heldAt));
    return { ids: items.map(idOf), ...more };
  },

  async countDeferredTo(opening: ChannelOpening): Promise<number> {
    const counted = await Promise.all(
      deferredKeys(opening).map((held) => messages.count(expression`#held = ${held}`, 'held')),
    );
    return counted.reduce((sum, count) => sum + count, 0);
  },
});

const listsByTime = (messages: Table): Pick<MessageLists, 'byProfile' | 'byDay'> => ({
  async byProfile(
    profiles: readonly ProfileKey[],
    page: { range?: Range; limit: number; cursor?: Places | undefined },
  ): Promise<{ ids: MessageId[]; next?: Places }> {
    const buckets = [...new Set(profiles.map(messageBucketOf))];
    const read = bucketReader(messages, new Set(profiles), page.range ?? EVER, page.limit);
    const { items, ...more } = await latestItems(buckets, page, read, (item) => requestedAtOf(idOf(item)));
    return { ids: items.map(idOf), ...more };
  },

  async byDay(
    { from, to }: Range,
    page: { limit: number; cursor?: DayPlace | undefined },
  ): Promise<{ ids: MessageId[]; next?: DayPlace }> {
    const { day, places } = page.cursor ?? { day: startOfDay(to), places: {} };
    const shards = Array.from({ length: DAY_SHARDS }, (_, shard) => `${utcDay(day)}#${String(shard).padStart(2, '0')}`);
    const read = dayReader(messages, { from, to }, page.limit);
    const { items, next } = await latestItems(shards, { limit: page.limit, cursor: places }, read, ({ at }) =>
      Number(at),
    );
    const ids = items.map(idOf);
    if (next !== undefined) return { ids, next: { day, places: next } };
    return day - DAY_MS < startOfDay(from) ? { ids } : { ids, next: { day: day - DAY_MS, places: {} } };
  },
});

/**
 * Reads the keys of a bucket's rows, newest first: its partition is in order of the requests' instants. A row names the profile that its run's
 * profile had been merged into when it was written.
 */
const bucketReader =
  (messages: Table, profiles: ReadonlySet<unknown>, { from, to }: Range, limit: number) =>
  async (bucket: string, after: Cursor | undefined) => {
    const [first, last] = [`${bucket}${instantText(from)}`, `${bucket}${instantText(to)}~`];
    const key = expression`#pk = ${bucketKey(bucket)} AND #sk BETWEEN ${first} AND ${last}`;
    const items: Cursor[] = [];
    let cursor: Item | undefined = after;
    // A page of rows has 1 MB, which is less than `limit` where many rows are large, and may hold rows of another profile.
    do {
      const page = await messages.query(key, { newestFirst: true, limit: limit - items.length, after: cursor });
      const own = page.items.filter(({ profile }) => profiles.has(profile));
      items.push(...own.map(({ pk, sk }) => ({ pk, sk })));
      cursor = page.next;
    } while (cursor !== undefined && items.length < limit);
    return { items, isLast: cursor === undefined };
  };

/** Reads what lies under one key of the index by day in order of `at`, newest first. */
const dayReader =
  (messages: Table, { from, to }: Range, limit: number) =>
  async (day: string, after: Cursor | undefined) => {
    const { items, next } = await messages.query(expression`#day = ${day} AND #at BETWEEN ${from} AND ${to}`, {
      index: 'day',
      newestFirst: true,
      limit,
      after,
    });
    return { items, isLast: next === undefined };
  };
