import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { addressId } from '../../core/profiles/address-record.ts';
import type { LastLook, LastSeen } from '../../engine/messages/ports.ts';
import { recordKey, recordOf } from './addresses.ts';
import { sharedValue } from './profile-changes.ts';
import { profileReads } from './profile-reads.ts';
import { runKey, runOf } from './run-items.ts';
import { sharedBatchGet } from './shared-batch-get.ts';

/** Items of one call; a customer has fewer addresses on a channel. */
const MAX_ITEMS = 100;

/**
 * Reads what may stop a message that is taken, strongly consistent: run and addresses in one call, which the messages of a batch share, and beside it the
 * profile, whose four items are one unit together.
 */
export function lastLook(client: DynamoDBDocumentClient, tables: { profiles: string; runs: string }): LastLook {
  const { query } = profileReads(client, tables.profiles);
  const readTogether = sharedBatchGet(client);
  return async ({ run, profile, addresses }) => {
    const [items, found] = await Promise.all([
      profile === undefined ? undefined : query(profile),
      readTogether({
        [tables.profiles]: addresses.slice(0, MAX_ITEMS - 1).map(recordKey),
        ...(run === undefined ? {} : { [tables.runs]: [runKey(run)] }),
      }),
    ]);
    const [runItem] = found[tables.runs] ?? [];
    const records = (found[tables.profiles] ?? []).map(recordOf);
    return {
      run: runItem && runOf(runItem),
      profile: items,
      sends: sharedValue('#SENDS', items?.sends) ?? {},
      records: new Map(records.map((record) => [addressId(record), record])),
    } satisfies LastSeen;
  };
}
