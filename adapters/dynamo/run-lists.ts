import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EntryId, type EpochMs, type ProfileKey, shardOf } from '../../core/ids.ts';
import type { Cursor, Places } from '../../engine/ports.ts';
import type { RunLists } from '../../engine/runs/ports.ts';
import { type Expression, expression } from './expressions.ts';
import { latestItems } from './latest-items.ts';
import { type QueryOptions, tableOf } from './table.ts';

const DUE_SHARDS = 64;

/** Keys of the indexes, as `runs.dynamo.ts` writes them. */
export const dueShard = (entry: EntryId): string => shardOf(`RUN#${entry}`, DUE_SHARDS);
export const profileAt = (profile: ProfileKey, at: EpochMs): string => `${profile}#${String(at).padStart(13, '0')}`;
const atOf = (item: Cursor): EpochMs => Number(String(item.profileAt).split('#').at(-1));
export const entryOf = (item: Cursor): EntryId => String(item.pk).slice('RUN#'.length);

/** Runs found by the indexes of their table, page by page. */
export function runLists(client: DynamoDBDocumentClient, table: string): RunLists {
  const runs = tableOf(client, table);

  async function entries(key: Expression, options: QueryOptions): Promise<{ entries: EntryId[]; next?: Cursor }> {
    const { items, next } = await runs.query(key, options);
    return { entries: items.map(entryOf), next };
  }

  return {
    byJourney(journey: string, { limit, cursor }: Page<Cursor>) {
      return entries(expression`#journey = ${journey}`, { index: 'journey', limit, after: cursor });
    },

    async byJourneyOf(journey: string, profiles: readonly ProfileKey[], page: Page<Places | undefined>) {
      const read = async (profile: ProfileKey, after: Cursor | undefined) => {
        const key = expression`#journey = ${journey} AND begins_with(#profileAt, ${`${profile}#`})`;
        const { items, next } = await runs.query(key, {
          index: 'journey',
          limit: page.limit,
          after,
          newestFirst: true,
        });
        return { items, isLast: next === undefined };
      };
      const { items, ...more } = await latestItems(profiles, page, read, atOf);
      return { entries: items.map(entryOf), ...more };
    },

    byProfile(profile: ProfileKey, { limit, cursor }: Page<Cursor>) {
      const options = { index: 'profile', limit, after: cursor, newestFirst: true };
      return entries(expression`#profile = ${profile}`, options);
    },

    dueBefore(shard: string, before: EpochMs, { limit, cursor }: Page<Cursor>) {
      const key = expression`#dueShard = ${shard} AND #dueAt < ${before}`;
      return entries(key, { index: 'due', limit, after: cursor });
    },
  };
}

interface Page<Place> {
  limit: number;
  cursor?: Place;
}
