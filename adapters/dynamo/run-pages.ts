import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EntryId } from '../../core/ids.ts';
import type { RunStore } from '../../engine/runs/ports.ts';
import { runKey, runOf } from './run-items.ts';
import { runLists } from './run-lists.ts';
import { tableOf } from './table.ts';

/** A journey's runs page by page, for a function that changes none. */
export function runPages(client: DynamoDBDocumentClient, table: string): Pick<RunStore, 'byJourney' | 'getAll'> {
  const runs = tableOf(client, table);
  return {
    byJourney: runLists(client, table).byJourney,
    getAll: async (entries: readonly EntryId[]) => (await runs.getAll(entries.map(runKey))).map(runOf),
  };
}
