import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ProfileKey } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { CurrentProfile, ProfileItems, Reading } from '../../engine/profiles/ports.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { activityOf, consentsOf, profileOf } from './profile-items.ts';
import { type Table, tableOf } from './table.ts';

/** Reads of a profile's partition, for the stores beside it. */
export type ProfilePartition = ReturnType<typeof profileReads>;

/** Reads of a profile, strongly consistent unless the caller says otherwise. */
export function profileReads(client: DynamoDBDocumentClient, table: string) {
  const rows = tableOf(client, table);
  const { get, between } = partitionReads(rows);

  async function readProfile(key: ProfileKey): Promise<Profile | undefined> {
    const item = await get(key, '#PROFILE');
    return item && profileOf(item);
  }

  async function readActivity(key: ProfileKey): Promise<Activity | undefined> {
    const item = await get(key, '#ACTIVITY');
    return item && activityOf(item);
  }

  /** `#ACTIVITY`, `#PROFILE`, `#SENDS` and `CONSENT` are adjacent at the start of the partition. */
  async function query(key: ProfileKey, { isEventual = false }: Reading = {}): Promise<ProfileItems> {
    const read = await rows.query(expression`#pk = ${key} AND #sk BETWEEN ${'#'} AND ${'CONSENT'}`, {
      consistent: !isEventual,
    });
    const item = (sk: string) => read.items.find((candidate) => candidate.sk === sk);
    const [activityItem, profileItem, consentItem] = [item('#ACTIVITY'), item('#PROFILE'), item('CONSENT')];
    const activity = activityItem && activityOf(activityItem);
    let profile = profileItem && profileOf(profileItem);
    // The query is no snapshot: if #PROFILE is older than the one that the activity was evaluated with, it is read again.
    if (activity && (profile?.pv ?? 0) < activity.pv) profile = await readProfile(key);
    return {
      activity,
      profile,
      consents: consentItem ? consentsOf(consentItem) : {},
      consentFenced: consentItem?.mergedInto !== undefined,
      sends: item('#SENDS'),
    };
  }

  /** Follows `mergedInto` to the present profile of `key`. */
  async function home(key: ProfileKey, reading?: Reading): Promise<CurrentProfile> {
    let at = key;
    const unfinishedMerges: ProfileKey[] = [];
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const read = await query(at, reading);
      const into = read.activity?.mergedInto;
      if (into === undefined)
        return { key: at, ...read, settled: unfinishedMerges.length === 0 && !read.consentFenced, unfinishedMerges };
      if (read.activity?.done !== true) unfinishedMerges.push(at);
      at = into;
    }
    throw new Error(`more than ${MAX_HOPS} merges behind ${key}`);
  }

  return { query, get, readProfile, readActivity, home, between };
}

const partitionReads = (rows: Table) => ({
  get: (key: ProfileKey, sk: string): Promise<Item | undefined> => rows.get({ pk: key, sk }),

  /** Returns a page of the raw items between two sort keys. */
  async between(
    key: ProfileKey,
    sk: { from?: string; to?: string },
    page: { limit: number; cursor?: string; newestFirst?: boolean },
  ) {
    const { from = 'EVENTS#', to = 'EVENTS#~' } = sk;
    const { items, next } = await rows.query(expression`#pk = ${key} AND #sk BETWEEN ${from} AND ${to}`, {
      consistent: true,
      newestFirst: page.newestFirst,
      limit: page.limit,
      after: page.cursor === undefined ? undefined : { pk: key, sk: page.cursor },
    });
    return { items, next: next?.sk as string | undefined };
  },
});
