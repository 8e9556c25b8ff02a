import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type CairnEvent, inOrder } from '../../../core/events/event.ts';
import type { ProfileKey } from '../../../core/ids.ts';
import type { ConsentEntry } from '../../../core/profiles/profile.ts';
import { unpack } from './packed.ts';

/** `skip` events of the batch that follows `after` (its `sk`) were shown. */
interface PlaceInTimeline {
  after?: string | undefined;
  skip: number;
}

export type ProfilePages = ReturnType<typeof profilePages>;

/** What people page through of a profile. Apart from the store that every function carries. */
export function profilePages(client: DynamoDBDocumentClient, table: string) {
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
    /** The consent ledger, newest first. */
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

    /** At most `limit` events of the timeline, newest batch first; a page may end within a batch. */
    async timeline(
      key: ProfileKey,
      { limit, cursor }: { limit: number; cursor?: PlaceInTimeline | undefined },
    ): Promise<{ events: CairnEvent[]; next?: PlaceInTimeline }> {
      const { items, next } = await newest(key, 'EVENTS#', limit, cursor?.after);
      const found = new Map<string, CairnEvent>();
      const sorted = () => [...found.values()].sort((a, b) => inOrder(b, a));
      let { after, skip } = cursor ?? { skip: 0 };
      for (const item of items) {
        const batch = unpack<CairnEvent[]>(item.body).sort((a, b) => inOrder(b, a));
        const shown = batch.slice(skip, skip + limit - found.size);
        for (const event of shown) found.set(event.id, event);
        if (skip + shown.length < batch.length) return { events: sorted(), next: { after, skip: skip + shown.length } };
        [after, skip] = [String(item.sk), 0];
      }
      return { events: sorted(), ...(next === undefined ? {} : { next: { after: next, skip: 0 } }) };
    },
  };
}
