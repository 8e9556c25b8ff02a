import { BatchWriteCommand, type BatchWriteCommandInput, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { type Activity, emptyActivity } from '../../core/profiles/activity.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { FoldedItems, MergedRow, MergeStore, MovableItem, ProfileStore } from '../../engine/profiles/ports.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import { putNext, type SharedItem, sharedValue } from './profile-changes.ts';
import { activityItem, profileOf } from './profile-items.ts';
import type { ProfilePartition } from './profile-reads.ts';
import { type Table, tableOf } from './table.ts';

/** Most merged profiles whose messages and runs are listed: each costs a query, and a place in the cursor. */
const MAX_LISTED = 100;

const CONCURRENCY = 8;

/** Requests of one BatchWriteItem. */
const MAX_BATCH = 25;
type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

/** How the sort keys of those items begin. */
const ENTERED = 'ENTERED#';
const LISTED = 'LISTED#';
const MERGED = 'MERGED#';

/** The writes of a merge: `docs/protocols.md#merges`. */
export function mergeStore(
  client: DynamoDBDocumentClient,
  table: string,
  partition: ProfilePartition,
  movedTo: MovedTo,
): MergeStore {
  const rows = tableOf(client, table);
  return {
    ...mergedProfiles(partition),
    ...activityFences(rows),
    ...itemFences(rows, partition),
    ...movedItems(client, table, partition, movedTo),
  };
}

function mergedProfiles({ between }: ProfilePartition): Pick<MergeStore, 'mergedUnder' | 'mergedTree' | 'mergedKeys'> {
  /** Returns the rows under this profile itself. */
  async function mergedUnder(key: ProfileKey): Promise<MergedRow[]> {
    const rows: MergedRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await between(key, { from: MERGED, to: `${MERGED}~` }, { limit: 1_000, ...(cursor && { cursor }) });
      for (const { sk, levels } of page.items)
        rows.push({ key: String(sk).slice(MERGED.length), under: key, levels: Number(levels ?? 0) });
      cursor = page.next;
    } while (cursor !== undefined);
    return rows;
  }

  /** Returns all rows, those nearest to `key` first; stops reading once there are `enough`. */
  async function mergedTree(key: ProfileKey, enough = Number.POSITIVE_INFINITY): Promise<MergedRow[]> {
    const rows: MergedRow[] = [];
    const seen = new Set([key]);
    for (let level = [key]; level.length > 0 && rows.length < enough; ) {
      const found = (await mapWithConcurrency(CONCURRENCY, level, mergedUnder)).flat();
      rows.push(...found);
      const below = found.filter((row) => row.levels > 0 && !seen.has(row.key));
      level = [...new Set(below.map((row) => row.key))];
      for (const one of level) seen.add(one);
    }
    return rows;
  }

  return {
    mergedUnder,
    mergedTree,

    async mergedKeys(key: ProfileKey): Promise<{ keys: ProfileKey[]; more: boolean }> {
      const keys = [...new Set((await mergedTree(key, MAX_LISTED + 1)).map((row) => row.key))];
      return { keys: keys.slice(0, MAX_LISTED), more: keys.length > MAX_LISTED };
    },
  };
}

const activityFences = (rows: Table): Pick<MergeStore, 'fenceActivity' | 'repoint'> => ({
  fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean> {
    const next: Activity = {
      ...(read ?? emptyActivity()),
      version: (read?.version ?? 0) + 1,
      mergedInto: into,
      dueAt: Math.min(read?.dueAt ?? dueAt, dueAt),
    };
    const when = read ? expression`#version = ${read.version} AND attribute_not_exists(#mergedInto)` : NOT_THERE;
    return isConditionMet(rows.put(activityItem(from, next), when));
  },

  async repoint(key: ProfileKey, into: ProfileKey): Promise<void> {
    // Refused: the merge is not complete, or the profile is unknown.
    await isConditionMet(
      rows.update(
        { pk: key, sk: '#ACTIVITY' },
        {
          set: { mergedInto: into, version: expression`#version + ${1}` },
          when: expression`#done = ${true} AND #mergedInto <> ${into}`,
        },
      ),
    );
  },
});

type Fences = Pick<MergeStore, 'fence' | 'foldInto' | 'emptyItem'>;

const SORT_KEYS = { profile: '#PROFILE', consents: 'CONSENT', sends: '#SENDS' } as const;
const VALUES: { [Name in keyof FoldedItems]: (item: Item) => FoldedItems[Name] | undefined } = {
  profile: profileOf,
  consents: (item) => sharedValue('CONSENT', item),
  sends: (item) => sharedValue('#SENDS', item),
};

const itemFences = (rows: Table, { get }: ProfilePartition): Fences => ({
  async fence<Name extends keyof FoldedItems>(from: ProfileKey, name: Name, into: ProfileKey) {
    const set = { mergedInto: expression`if_not_exists(#mergedInto, ${into})` };
    const item = await rows.update({ pk: from, sk: SORT_KEYS[name] }, { set }, 'ALL_NEW');
    return item?.body === undefined ? undefined : VALUES[name](item);
  },

  async foldInto<Name extends 'consents' | 'sends'>(
    into: ProfileKey,
    name: Name,
    fold: (now: FoldedItems[Name] | undefined) => FoldedItems[Name],
  ): Promise<boolean> {
    const sk: SharedItem = SORT_KEYS[name];
    return retryOnConflict<boolean>(
      async () => {
        const item = await get(into, sk);
        if (item?.mergedInto !== undefined) return false;
        const next = fold(item && VALUES[name](item));
        return (await putNext(rows, { pk: into, sk }, item, next)) || CONFLICT;
      },
      () => new Error(`${sk} of ${into} changed too often`),
      MAX_HOPS,
    );
  },

  async emptyItem(key: ProfileKey, name: keyof FoldedItems, into: ProfileKey): Promise<void> {
    await rows.put({ pk: key, sk: SORT_KEYS[name], pv: 0, v: 0, mergedInto: into });
  },
});

type MovedItems = Pick<MergeStore, 'movableItems' | 'putItems' | 'removeItems'>;
/** Stores of the items that are not written as they were read. */
type MovedTo = Pick<ProfileStore, 'putEntered' | 'putListed'>;

function movedItems(
  client: DynamoDBDocumentClient,
  table: string,
  { between }: ProfilePartition,
  { putEntered, putListed }: MovedTo,
): MovedItems {
  async function batchWrite(requests: readonly WriteRequest[]): Promise<void> {
    for (let from = 0; from < requests.length; from += MAX_BATCH) {
      const batch = requests.slice(from, from + MAX_BATCH);
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: batch } }));
      if (UnprocessedItems?.[table]?.length) throw new Error('writes were throttled; the merge is repeated');
    }
  }

  return {
    /** `ENTERED#`, `EVENTS#`, `IDS#`, `LEDGER#`, `LISTED#`: there are no others between them. */
    async movableItems(key: ProfileKey): Promise<MovableItem[]> {
      const { items } = await between(key, { from: ENTERED, to: `${LISTED}~` }, { limit: 100 });
      return items.map(movableItemOf);
    },

    async putItems(key: ProfileKey, items: readonly MovableItem[]): Promise<void> {
      for (const item of items) {
        if (item.kind === 'entered') await putEntered(key, item.runKey, item.entered);
        if (item.kind === 'listed') await putListed(key, item.list, item.at);
      }
      await batchWrite(items.flatMap(rowsOf).map((row) => ({ PutRequest: { Item: { ...row, pk: key } } })));
    },

    async removeItems(key: ProfileKey, items: readonly MovableItem[]): Promise<void> {
      await batchWrite(items.map((item) => ({ DeleteRequest: { Key: { pk: key, sk: sortKeyOf(item) } } })));
    },
  };
}

function movableItemOf(row: Item): MovableItem {
  const sk = String(row.sk);
  const at = Number(row.at);
  if (sk.startsWith(ENTERED))
    return { kind: 'entered', runKey: sk.slice(ENTERED.length), entered: { entry: String(row.entry), at } };
  if (sk.startsWith(LISTED)) return { kind: 'listed', list: sk.slice(LISTED.length), at };
  return { kind: 'record', id: sk, stored: row };
}

function sortKeyOf(item: MovableItem): string {
  switch (item.kind) {
    case 'entered':
      return ENTERED + item.runKey;
    case 'listed':
      return LISTED + item.list;
    case 'merged':
      return MERGED + item.key;
    case 'record':
      return item.id;
  }
}

/** The rows that are put as they are. */
function rowsOf(item: MovableItem): Item[] {
  if (item.kind === 'merged') return [{ sk: sortKeyOf(item), levels: item.levels }];
  return item.kind === 'record' ? [item.stored as Item] : []; // a row that `movableItems` has read
}
