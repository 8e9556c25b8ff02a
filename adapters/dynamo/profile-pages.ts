import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decompress } from '../../core/compression.ts';
import { type CairnEvent, rankOf } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { ConsentEntry } from '../../core/profiles/profile.ts';
import type { PlaceInTimeline, ProfilePages } from '../../engine/profiles/ports.ts';
import { expression } from './expressions.ts';
import { stamp } from './profile-items.ts';
import { type Table, tableOf } from './table.ts';

/** Lists of a profile that the API returns in pages. It is separate from the profile store, which every function bundles. */
export function profilePages(client: DynamoDBDocumentClient, table: string): ProfilePages {
  const rows = tableOf(client, table);

  return {
    async ledger(key: ProfileKey, { limit, cursor }: { limit: number; cursor?: string | undefined }) {
      const { items, next } = await newest(rows, key, 'LEDGER#', { limit, after: cursor });
      return {
        entries: items.map(({ pk: _pk, sk: _sk, consent, ...entry }) => ({
          key: String(consent),
          ...(entry as unknown as ConsentEntry),
        })),
        next,
      };
    },

    timeline: (key: ProfileKey, page: { limit: number; cursor?: PlaceInTimeline | undefined }) =>
      timelinePage(rows, key, page),
  };
}

/**
 * An item holds the events of a batch and lies at its latest: an event that arrived late lies among later ones. Events are therefore returned as soon
 * as no item that follows can hold a later one, and the page after them begins at the first item that still holds earlier ones.
 */
async function timelinePage(
  rows: Table,
  key: ProfileKey,
  { limit, cursor }: { limit: number; cursor?: PlaceInTimeline | undefined },
): Promise<{ events: CairnEvent[]; next?: PlaceInTimeline }> {
  const batches: { sk: string; oldest: string }[] = [];
  let found: CairnEvent[] = [];
  let events: CairnEvent[] = [];
  let after = cursor?.after;
  do {
    // One more than the page has: events at the instant of the last item may be among the next.
    const { items, next } = await newest(rows, key, 'EVENTS#', { limit: limit + 1, after });
    for (const { sk, body } of items) {
      const batch = decompress<CairnEvent[]>(body).sort(newestFirst);
      batches.push({ sk: String(sk), oldest: placeOf(batch.at(-1)) });
      found.push(...batch.filter((event) => cursor === undefined || placeOf(event) < cursor.before));
    }
    found = distinct(found.sort(newestFirst)).slice(0, limit);
    const beyond = next === undefined ? -1 : instantOf(next);
    events = found.filter(({ at }) => at > beyond);
    after = next;
  } while (after !== undefined && events.length < limit);
  const before = placeOf(events.at(-1));
  const partlyShown = batches.findIndex(({ oldest }) => oldest < before);
  if (partlyShown < 0) return { events, ...(after === undefined ? {} : { next: { after, before } }) };
  return { events, next: { after: batches[partlyShown - 1]?.sk ?? cursor?.after, before } };
}

/** Sorts like the order of events. */
const placeOf = (event: CairnEvent | undefined): string => (event ? `${stamp(event.at)}${rankOf(event)}` : '');
const newestFirst = (a: CairnEvent, b: CairnEvent): number => (placeOf(a) < placeOf(b) ? 1 : -1);
const distinct = (events: readonly CairnEvent[]): CairnEvent[] => {
  const ids = new Set<string>();
  return events.filter(({ id }) => !ids.has(id) && ids.add(id));
};

/** Of `EVENTS#<instant>#<hash>`. */
const instantOf = (sk: string): EpochMs => Number(sk.split('#')[1]);

async function newest(
  rows: Table,
  key: ProfileKey,
  prefix: string,
  { limit, after }: { limit: number; after: string | undefined },
) {
  const { items, next } = await rows.query(expression`#pk = ${key} AND begins_with(#sk, ${prefix})`, {
    consistent: true,
    newestFirst: true,
    limit,
    after: after === undefined ? undefined : { pk: key, sk: after },
  });
  return { items, next: next?.sk as string | undefined };
}
