import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type EntryId, type EpochMs, type ProfileKey, shardOf } from '../../core/ids.ts';
import type { Cursor, Places } from '../../engine/ports.ts';
import type { RunLists } from '../../engine/runs/ports.ts';
import { latestItems } from './latest-items.ts';

const DUE_SHARDS = 64;

/** Keys of the indexes, as `runs.dynamo.ts` writes them. */
export const dueShard = (entry: EntryId): string => shardOf(`RUN#${entry}`, DUE_SHARDS);
export const profileAt = (profile: ProfileKey, at: EpochMs): string => `${profile}#${String(at).padStart(13, '0')}`;
const atOf = (item: Cursor): EpochMs => Number(String(item.profileAt).split('#').at(-1));
export const entryOf = (item: Cursor): EntryId => String(item.pk).slice('RUN#'.length);

/** Runs found by the indexes of their table, page by page. */
export function runLists(client: DynamoDBDocumentClient, table: string): RunLists {
  async function entries(query: object): Promise<{ entries: EntryId[]; next?: Record<string, unknown> }> {
    const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand({ TableName: table, ...query }));
    return { entries: Items.map(entryOf), next: LastEvaluatedKey };
  }

  return {
    byJourney(journey: string, page: { limit: number; cursor?: Record<string, unknown> }) {
      return entries({
        IndexName: 'journey',
        KeyConditionExpression: 'journey = :j',
        ExpressionAttributeValues: { ':j': journey },
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },

    async byJourneyOf(
      journey: string,
      profiles: readonly ProfileKey[],
      page: { limit: number; cursor?: Places | undefined },
    ) {
      const read = async (profile: ProfileKey, from: Cursor | undefined) => {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'journey',
            KeyConditionExpression: 'journey = :j AND begins_with(profileAt, :p)',
            ExpressionAttributeValues: { ':j': journey, ':p': `${profile}#` },
            ScanIndexForward: false,
            Limit: page.limit,
            ExclusiveStartKey: from,
          }),
        );
        return { items: Items, isLast: LastEvaluatedKey === undefined };
      };
      const { items, ...more } = await latestItems(profiles, page, read, atOf);
      return { entries: items.map(entryOf), ...more };
    },

    byProfile(profile: ProfileKey, page: { limit: number; cursor?: Record<string, unknown> }) {
      return entries({
        IndexName: 'profile',
        KeyConditionExpression: 'profile = :p',
        ExpressionAttributeValues: { ':p': profile },
        ScanIndexForward: false,
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },

    dueBefore(shard: string, before: EpochMs, page: { limit: number; cursor?: Record<string, unknown> }) {
      return entries({
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :s AND dueAt < :before',
        ExpressionAttributeValues: { ':s': shard, ':before': before },
        Limit: page.limit,
        ExclusiveStartKey: page.cursor,
      });
    },
  };
}
