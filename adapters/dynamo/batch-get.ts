import { setTimeout } from 'node:timers/promises';
import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Item, Key } from './item.ts';

/** Calls in a row that read nothing, as when a table is throttled. */
const MAX_IN_VAIN = 6;
const FIRST_PAUSE_MS = 25;

/**
 * Reads up to 100 items, by table, strongly consistent unless asked otherwise, and in no order. A call returns at most 16 MB and may leave keys unprocessed: they are asked
 * for again, and after a pause if it read nothing.
 *
 * @throws Error if several calls in a row read nothing; whoever asked is delivered again
 */
export async function batchGet(
  client: DynamoDBDocumentClient,
  keys: Readonly<Record<string, readonly Key[]>>,
  isConsistent = true,
): Promise<Record<string, Item[]>> {
  const found: Record<string, Item[]> = {};
  let left = Object.entries(keys).filter(([, some]) => some.length > 0);
  for (let inVain = 0; left.length > 0; ) {
    const { Responses = {}, UnprocessedKeys = {} } = await client.send(
      new BatchGetCommand({
        RequestItems: Object.fromEntries(
          left.map(([table, some]) => [table, { Keys: [...some], ConsistentRead: isConsistent }]),
        ),
      }),
    );
    for (const [table, items] of Object.entries(Responses)) found[table] = [...(found[table] ?? []), ...items];
    const before = left.flatMap(([, some]) => some).length;
    left = Object.entries(UnprocessedKeys).map(([table, { Keys }]) => [table, Keys as Key[]]); // of the form that was asked
    inVain = left.flatMap(([, some]) => some).length < before ? 0 : inVain + 1;
    if (inVain >= MAX_IN_VAIN) throw new Error(`${left.map(([table]) => table).join(', ')} left all keys unprocessed`);
    if (inVain > 0) await setTimeout(FIRST_PAUSE_MS * 2 ** (inVain - 1));
  }
  return found;
}
