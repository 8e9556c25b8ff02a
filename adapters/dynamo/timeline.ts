import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import { IDS_MS, TIMELINE_DAYS } from '../../core/events/timeline.ts';
import { type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import type { EventPlace } from '../../core/profiles/activity.ts';
import type { Timeline, TimelineRange } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression } from './expressions.ts';
import { packHashes, stamp, unpackHashes } from './profile-items.ts';
import type { ProfilePartition } from './profile-reads.ts';
import { type Table, tableOf } from './table.ts';

const TIMELINE_SECONDS = TIMELINE_DAYS * 24 * 3600;
const IDS_SECONDS = IDS_MS / 1000;

/** Time to live of events that were older than the timeline when they arrived. */
const SETTLED_SECONDS = 2 * 24 * 3600;
/** JSON of the events of one item; an item may have 400 KB. */
const PART_CHARACTERS = 120_000;

/** Splits events into as few items as possible, in order. */
function partsOf(events: readonly CairnEvent[]): CairnEvent[][] {
  const parts: CairnEvent[][] = [];
  let characters = 0;
  for (const event of events) {
    const size = JSON.stringify(event).length;
    const last = parts.at(-1);
    if (last !== undefined && characters + size <= PART_CHARACTERS) {
      last.push(event);
      characters += size;
    } else {
      parts.push([event]);
      characters = size;
    }
  }
  return parts;
}

/** A sort key may have 1,024 bytes; a run's key in it may be longer. */
const LONGEST_SLOT = 900;
const enteredKey = (slot: string): string =>
  `ENTERED#${Buffer.byteLength(slot) <= LONGEST_SLOT ? slot : hashId('slot', slot)}`;

/** Items of a page; DynamoDB ends one at 1 MB in any case. */
const PAGE = 1_000;

/** Stores what has happened to a profile: its events, the message ids of a week, and the last entry into each journey. */
export function timelineStore(client: DynamoDBDocumentClient, table: string, partition: ProfilePartition): Timeline {
  const rows = tableOf(client, table);
  return { ...timelineEvents(rows, partition), ...olderIds(rows, partition), ...lastEntries(rows, partition) };
}

const timelineEvents = (
  rows: Table,
  { between, get }: ProfilePartition,
): Pick<Timeline, 'putEvents' | 'eventsAt' | 'history'> => ({
  async putEvents(key: ProfileKey, batch: CairnEvent[]): Promise<Map<string, EventPlace>> {
    const places = new Map<string, EventPlace>();
    for (const events of partsOf(batch)) {
      const latest = Math.max(...events.map((event) => event.at));
      const received = Math.max(...events.map((event) => event.receivedAt));
      const sk = `EVENTS#${stamp(latest)}#${hashId(...events.map((event) => event.id)).slice(0, 12)}`;
      // Imported events may be older than the timeline: they stay until their effects are done.
      const ttl = Math.floor(Math.max(latest / 1000 + TIMELINE_SECONDS, received / 1000 + SETTLED_SECONDS));
      await rows.put({ pk: key, sk, ttl, body: compress(events) });
      for (const { id } of events) places.set(id, { id, pk: key, sk });
    }
    return places;
  },

  async eventsAt(pk: ProfileKey, sk: string): Promise<CairnEvent[] | undefined> {
    const item = await get(pk, sk);
    return item && decompress<CairnEvent[]>(item.body);
  },

  async history(
    key: ProfileKey,
    { from, names }: TimelineRange,
  ): Promise<{ events: CairnEvent[]; places: Map<string, EventPlace> }> {
    const found = new Map<string, CairnEvent>();
    const places = new Map<string, EventPlace>();
    const isWanted = ({ at, name }: CairnEvent) => at >= from && (names === undefined || names.has(name ?? ''));
    // The key of a batch is its latest event.
    const lowest = `EVENTS#${stamp(Math.max(0, from))}`;
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await between(key, { from: lowest }, { limit: PAGE, cursor, newestFirst: true });
      for (const { sk, body } of page.items) {
        for (const event of decompress<CairnEvent[]>(body).filter(isWanted)) {
          found.set(event.id, event);
          places.set(event.id, { id: event.id, pk: key, sk: String(sk) });
        }
      }
      cursor = page.next;
    }
    return { events: [...found.values()].sort(compareEvents), places };
  },
});

const olderIds = (rows: Table, { between }: ProfilePartition): Pick<Timeline, 'putOlderIds' | 'olderIds'> => ({
  async putOlderIds(key: ProfileKey, hashes: string[], now: EpochMs): Promise<void> {
    const sk = `IDS#${stamp(now)}#${hashes[0] ?? ''}`;
    await rows.put({ pk: key, sk, ttl: Math.floor(now / 1000) + IDS_SECONDS, ids: packHashes(hashes) });
  },

  async olderIds(key: ProfileKey, wanted: ReadonlySet<string>, from: EpochMs): Promise<Set<string>> {
    const found = new Set<string>();
    const range = { from: `IDS#${stamp(Math.max(0, from))}`, to: 'IDS#~' };
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await between(key, range, { limit: PAGE, cursor, newestFirst: true });
      for (const { ids } of page.items) for (const hash of unpackHashes(ids)) if (wanted.has(hash)) found.add(hash);
      cursor = found.size === wanted.size ? undefined : page.next;
    }
    return found;
  },
});

const lastEntries = (rows: Table, { get }: ProfilePartition): Pick<Timeline, 'putEntered' | 'readEntered'> => ({
  async putEntered(key: ProfileKey, runKey: string, entered: { entry: string; at: EpochMs }): Promise<void> {
    const isNewer = expression`attribute_not_exists(#pk) OR #at < ${entered.at}`;
    await isConditionMet(rows.put({ pk: key, sk: enteredKey(runKey), ...entered }, isNewer));
  },

  async readEntered(key: ProfileKey, runKey: string): Promise<{ entry: string; at: EpochMs } | undefined> {
    const item = await get(key, enteredKey(runKey));
    return item && { entry: String(item.entry), at: Number(item.at) };
  },
});
