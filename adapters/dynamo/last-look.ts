import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { addressId } from '../../core/profiles/address-record.ts';
import type { LastLook, LastSeen } from '../../engine/messages/ports.ts';
import { recordKey, recordOf } from './addresses.ts';
import { consentsOf } from './profile-items.ts';
import { runKey, runOf } from './run-items.ts';
import type { Item, Key } from './table.ts';

/** Items of one call; a customer has fewer addresses on a channel. */
const MAX_ITEMS = 100;

/** Reads what may stop a message that is taken, of two tables in one strongly consistent call. */
export function lastLook(client: DynamoDBDocumentClient, tables: { profiles: string; runs: string }): LastLook {
  return async ({ run, profile, addresses }) => {
    const consentKey: Key = { pk: profile, sk: 'CONSENT' };
    const keys = [consentKey, ...addresses.slice(0, MAX_ITEMS - 2).map(recordKey)];
    const found = await readAll(client, {
      [tables.profiles]: keys,
      ...(run === undefined ? {} : { [tables.runs]: [runKey(run)] }),
    });
    const ofProfiles = found[tables.profiles] ?? [];
    const consent = ofProfiles.find(({ pk, sk }) => pk === consentKey.pk && sk === consentKey.sk);
    const [runItem] = found[tables.runs] ?? [];
    const records = ofProfiles.filter((item) => item !== consent).map(recordOf);
    return {
      run: runItem && runOf(runItem),
      consents: consent === undefined ? {} : consentsOf(consent),
      consentFenced: consent?.mergedInto !== undefined,
      records: new Map(records.map((record) => [addressId(record), record])),
    } satisfies LastSeen;
  };
}

/** By table; a call may leave keys unprocessed. */
async function readAll(client: DynamoDBDocumentClient, keys: Record<string, Key[]>): Promise<Record<string, Item[]>> {
  const found: Record<string, Item[]> = {};
  for (let left: typeof keys | undefined = keys; left !== undefined; ) {
    const asked: [string, Key[]][] = Object.entries(left);
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({
        RequestItems: Object.fromEntries(asked.map(([table, Keys]) => [table, { Keys, ConsistentRead: true }])),
      }),
    );
    for (const [table, items] of Object.entries(Responses ?? {})) found[table] = [...(found[table] ?? []), ...items];
    // They are of the form that was asked.
    const again = Object.entries(UnprocessedKeys ?? {}).map(([table, { Keys }]) => [table, Keys as Key[]] as const);
    left = again.length === 0 ? undefined : Object.fromEntries(again);
  }
  return found;
}
