import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { MessageId, ProfileKey } from '../../../core/ids.ts';
import type { Message } from '../../../core/messages/message.ts';
import { type IndexItem, newestUnder, type Places } from './newest.ts';

/** Keys of the index by source: they never change, because a draft's `at` is when the message was asked for. */
export function indexesOf({ source, at }: Pick<Message, 'source' | 'at'>): Record<string, unknown> {
  const stamp = String(at).padStart(13, '0');
  if (source.kind === 'journey') return { source: `journey:${source.id}`, sourceAt: `${source.node}#${stamp}` };
  return { source: 'api', sourceAt: `${source.id}#${stamp}` };
}

export const idOf = (item: IndexItem): MessageId => String(item.pk).slice('MSG#'.length);

/** Messages found by the indexes of their table, page by page. */
export function messageLists(client: DynamoDBDocumentClient, table: string) {
  async function list(query: object): Promise<{ ids: MessageId[]; next?: IndexItem }> {
    const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand({ TableName: table, ...query }));
    return { ids: Items.map(idOf), next: LastEvaluatedKey };
  }

  return {
    /** Ids of `journey:<id>`'s messages, of one node where given; newest first within a node. */
    bySource(source: string, page: { node?: string; limit: number; cursor?: IndexItem }) {
      return list({
        IndexName: 'source',
        KeyConditionExpression: page.node === undefined ? '#source = :s' : '#source = :s AND begins_with(sourceAt, :n)',
        ExpressionAttributeNames: { '#source': 'source' },
        ExpressionAttributeValues: { ':s': source, ...(page.node === undefined ? {} : { ':n': `${page.node}#` }) },
        ScanIndexForward: false,
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },

    /** Ids of a customer's messages under all keys that it has had, newest first. */
    async byProfile(
      profiles: readonly ProfileKey[],
      page: { limit: number; cursor?: Places | undefined },
    ): Promise<{ ids: MessageId[]; next?: Places }> {
      const read = async (profile: ProfileKey, from: IndexItem | undefined) => {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'profile',
            KeyConditionExpression: 'profile = :p',
            ExpressionAttributeValues: { ':p': profile },
            ScanIndexForward: false,
            Limit: page.limit,
            ExclusiveStartKey: from,
          }),
        );
        return { items: Items, isLast: LastEvaluatedKey === undefined };
      };
      const { items, ...more } = await newestUnder(profiles, page, read, ({ at }) => Number(at));
      return { ids: items.map(idOf), ...more };
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
