import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { decompress } from '../../core/compression.ts';
import { type CairnEvent, inOrder } from '../../core/events/event.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { ConsentEntry } from '../../core/profiles/profile.ts';
import type { PlaceInTimeline, ProfilePages } from '../../engine/profiles/ports.ts';

/** Lists of a profile that the API returns in pages. It is separate from the profile store, which every function bundles. */
export function profilePages(client: DynamoDBDocumentClient, table: string): ProfilePages {
  async function newest(key: ProfileKey, prefix: string, limit: number, after: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': key, ':prefix': prefix },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: limit,
        ExclusiveStartKey: after === undefined ? undefined : { pk: key, sk: after },
      }),
    );
    return { items: Items, next: LastEvaluatedKey?.sk as string | undefined };
  }

  return {
    async ledger(key: ProfileKey, { limit, cursor }: { limit: number; cursor?: string | undefined }) {
      const { items, next } = await newest(key, 'LEDGER#', limit, cursor);
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
      const read = await newest(key, 'EVENTS#', limit, cursor?.after);
      const items = [...read.items];
      const last = items.at(-1);
      if (read.next !== undefined && last !== undefined)
        items.push(...(await newest(key, instantOf(last), MAX_OF_AN_INSTANT, String(last.sk))).items);
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
        if (skip + shown.length < events.length)
          return { events: sorted(), next: { after, skip: skip + shown.length } };
        [after, skip] = [String(batches.at(-1)?.sk), 0];
      }
      return {
        events: sorted(),
        ...(read.next === undefined || after === undefined ? {} : { next: { after, skip: 0 } }),
      };
    },
  };
}

type Item = Record<string, unknown>;

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
