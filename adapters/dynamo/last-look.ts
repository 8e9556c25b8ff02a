import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { addressId } from '../../core/profiles/address-record.ts';
import type { LastLook, LastSeen } from '../../engine/messages/ports.ts';
import { recordKey, recordOf } from './addresses.ts';
import { batchGet } from './batch-get.ts';
import type { Key } from './item.ts';
import { type SharedItem, sharedValue } from './profile-changes.ts';
import { consentsOf } from './profile-items.ts';
import { runKey, runOf } from './run-items.ts';

/** Items of one call; a customer has fewer addresses on a channel. */
const MAX_ITEMS = 100;

/** Reads what may stop a message that is taken, of two tables in one strongly consistent call. */
export function lastLook(client: DynamoDBDocumentClient, tables: { profiles: string; runs: string }): LastLook {
  return async ({ run, profile, addresses, withSends }) => {
    const ofProfile = (sk: SharedItem): Key => ({ pk: profile, sk });
    const shared = [ofProfile('CONSENT'), ...(withSends ? [ofProfile('#SENDS')] : [])];
    const keys = [...shared, ...addresses.slice(0, MAX_ITEMS - 3).map(recordKey)];
    const found = await batchGet(client, {
      [tables.profiles]: keys,
      ...(run === undefined ? {} : { [tables.runs]: [runKey(run)] }),
    });
    const ofProfiles = found[tables.profiles] ?? [];
    const [consent, sends] = (['CONSENT', '#SENDS'] as const).map((name) =>
      ofProfiles.find(({ pk, sk }) => pk === profile && sk === name),
    );
    const [runItem] = found[tables.runs] ?? [];
    const records = ofProfiles.filter((item) => item !== consent && item !== sends).map(recordOf);
    return {
      run: runItem && runOf(runItem),
      consents: consent === undefined ? {} : consentsOf(consent),
      consentFenced: consent?.mergedInto !== undefined,
      sends: sharedValue('#SENDS', sends) ?? {},
      records: new Map(records.map((record) => [addressId(record), record])),
    } satisfies LastSeen;
  };
}
