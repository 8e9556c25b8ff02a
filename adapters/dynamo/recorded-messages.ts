import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, type MessageId, requestedAtOf, shardOf } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import type { Source } from '../../core/messages/source.ts';
import type { CountedRow } from '../../core/metrics/recount.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import { RECORDED_SHARDS, type RecordedMessages } from '../../engine/metrics/ports.ts';
import type { Cursor } from '../../engine/ports.ts';
import { type Expression, expression } from './expressions.ts';
import type { Item } from './item.ts';
import { idOf, messageKey } from './message-items.ts';
import { type Table, tableOf } from './table.ts';

/** How long a note is kept: longer than a recount may be late. */
const NOTE_TTL_SECONDS = 30 * 24 * 3_600;

const before = (day: string): string => utcDay(Date.parse(day) - DAY_MS);
const noteKey = (day: string, shard: string): string => `LATE#${day}#${shard}`;

/**
 * Before a row records something that counts: most rows are found by the index of the day on which the message was requested, or of the day before;
 * a note under `LATE#<day>#<00–15>` leads to the others. A note whose write broke off does no harm.
 */
export async function noteIfLate(messages: Table, id: MessageId, now: EpochMs): Promise<void> {
  const [day, requested] = [utcDay(now), utcDay(requestedAtOf(id))];
  if (requested === day || requested === before(day)) return;
  const ttl = Math.floor(now / 1000) + NOTE_TTL_SECONDS;
  await messages.put({ pk: noteKey(day, shardOf(id, RECORDED_SHARDS)), sk: id, ttl });
}

/** Where the rows of a shard are listed that may have recorded something on a day, one list after the other. */
const lists = (day: string, shard: string): [Expression, index: string | undefined][] => [
  [expression`#pk = ${noteKey(day, shard)}`, undefined],
  [expression`#day = ${`${day}#${shard}`}`, 'day'],
  [expression`#day = ${`${before(day)}#${shard}`}`, 'day'],
];

/** Rows of messages by the day (UTC) on which they recorded something that counts. */
export function recordedMessages(client: DynamoDBDocumentClient, table: string): RecordedMessages {
  const messages = tableOf(client, table);
  return {
    async recordedOn(day: string, shard: number, page: { limit: number; cursor?: Cursor | undefined }) {
      const all = lists(day, String(shard).padStart(2, '0'));
      const ids: MessageId[] = [];
      let { list, after } = placeOf(page.cursor);
      // Most lists are short: each page is a state of the job, a write and a message on its queue, which cost more than what is read.
      for (let at = all[list]; at !== undefined && ids.length < page.limit; at = all[list]) {
        const [key, index] = at;
        const limit = page.limit - ids.length;
        const { items, next } = await messages.query(key, { ...(index === undefined ? {} : { index }), limit, after });
        ids.push(...items.map(idOf));
        after = next;
        if (next === undefined) list += 1;
      }
      return list < all.length ? { ids, next: { list, after } } : { ids };
    },

    async counted(ids: readonly MessageId[]): Promise<CountedRow[]> {
      const items = await messages.getAllEventual(ids.map(messageKey));
      return items.map(countedOf);
    },
  };
}

function placeOf(cursor: Cursor | undefined): { list: number; after: Item | undefined } {
  const { list = 0, after } = (cursor ?? {}) as { list?: number; after?: Item }; // as `recordedOn` made it
  return { list, after };
}

/** The row as `message-states.ts` wrote it, without its request, which would have to be decompressed. */
const countedOf = (item: Item): CountedRow => ({
  source: item.sourceKind as Source,
  template: item.template as Message['template'],
  ...(item.channel === '-' ? {} : { channel: item.channel as NonNullable<Message['channel']> }),
  ...(item.reason === undefined ? {} : { reason: String(item.reason) }),
  history: (item.history ?? []) as Message['history'],
});
