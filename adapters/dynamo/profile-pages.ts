import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decompress } from '../../core/compression.ts';
import { type CairnEvent, inOrder } from '../../core/events/event.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { ConsentEntry } from '../../core/profiles/profile.ts';
import type { PlaceInTimeline, ProfilePages } from '../../engine/profiles/ports.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
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

    async timeline(
      key: ProfileKey,
      { limit, cursor }: { limit: number; cursor?: PlaceInTimeline | undefined },
    ): Promise<{ events: CairnEvent[]; next?: PlaceInTimeline }> {
      const read = await newest(rows, key, 'EVENTS#', { limit, after: cursor?.after });
      const items = [...read.items];
      const last = items.at(-1);
      if (read.next !== undefined && last !== undefined) {
        const beyond = { limit: MAX_OF_AN_INSTANT, after: String(last.sk) };
        items.push(...(await newest(rows, key, instantOf(last), beyond)).items);
      }
      return pageOf(items, { limit, cursor, isLast: read.next === undefined });
    },
  };
}

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

/** The events of these batches that come next, and where the page after them begins. */
function pageOf(
  items: readonly Item[],
  { limit, cursor, isLast }: { limit: number; cursor: PlaceInTimeline | undefined; isLast: boolean },
): { events: CairnEvent[]; next?: PlaceInTimeline } {
  const found = new Map<string, CairnEvent>();
  const sorted = () => [...found.values()].sort((a, b) => inOrder(b, a));
  let { after, skip } = cursor ?? { skip: 0 };
  for (const batches of byInstant(items)) {
    const own = new Map(
      batches.flatMap(({ body }) => decompress<CairnEvent[]>(body)).map((event) => [event.id, event]),
    );
    const events = [...own.values()].sort((a, b) => inOrder(b, a));
    const shown = events.slice(skip, skip + limit - found.size);
    for (const event of shown) found.set(event.id, event);
    if (skip + shown.length < events.length) return { events: sorted(), next: { after, skip: skip + shown.length } };
    [after, skip] = [String(batches.at(-1)?.sk), 0];
  }
  return { events: sorted(), ...(isLast || after === undefined ? {} : { next: { after, skip: 0 } }) };
}

/** Most batches of one instant that are read together; further ones come after them. */
const MAX_OF_AN_INSTANT = 500;

/** `EVENTS#<instant>#`, of `EVENTS#<instant>#<hash>`. */
const instantOf = ({ sk }: Item): string => String(sk).slice(0, String(sk).lastIndexOf('#') + 1);

function byInstant(items: readonly Item[]): Item[][] {
  const groups: Item[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && instantOf(group[0]) === instantOf(item)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}
