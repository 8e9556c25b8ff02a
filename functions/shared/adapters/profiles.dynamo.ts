import {
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type CairnEvent, inOrder } from '../../../core/events/event.ts';
import { TIMELINE_DAYS } from '../../../core/events/timeline.ts';
import { type EpochMs, hashId, type ProfileKey, shardOf } from '../../../core/ids.ts';
import { EVERYBODY } from '../../../core/jobs/job.ts';
import type { Activity } from '../../../core/profiles/activity.ts';
import type { AddressStatus, ConsentEntry, Consents, CountedSend, Profile } from '../../../core/profiles/profile.ts';
import { accepted } from './conditional.ts';
import { pack, unpack } from './packed.ts';
import { inParallel } from './parallel.ts';

const TIMELINE_SECONDS = TIMELINE_DAYS * 24 * 3600;
const IDS_SECONDS = 8 * 24 * 3600;
/** Tombstones outlive every queue message (14 days). */
const TOMBSTONE_SECONDS = 30 * 24 * 3600;
const DUE_SHARDS = 64;
export const MEMBER_SHARDS = 16;
const HASH_BYTES = 6;
/** Profiles that went into one, as far as its messages and runs are looked for. */
const MOST_MERGED = 100;
/** A chain of merges longer than this is a fault. */
const MOST_HOPS = 50;

/** What one strongly consistent Query of a profile's partition gives. It is no snapshot. */
export interface Read {
  activity?: Activity;
  profile?: Profile;
  consents: Consents;
  /** CONSENT carries a fence. */
  consentFenced: boolean;
}

/** A profile at the end of its merges. `settled` is false while a hop's fold is under way: judge later. */
export interface Home extends Read {
  key: ProfileKey;
  settled: boolean;
}

/** Merged away while something was to be written to it; follow `into`. */
export class ProfileMergedError extends Error {
  override readonly name = 'ProfileMergedError';
}

export type ProfileStore = ReturnType<typeof profileStore>;

export function profileStore(client: DynamoDBDocumentClient, table: string) {
  /** `#ACTIVITY`, `#PROFILE` and `CONSENT` lie together at the start of the partition. */
  async function query(key: ProfileKey): Promise<Read> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': key, ':from': '#', ':to': 'CONSENT' },
        ConsistentRead: true,
      }),
    );
    const item = (sk: string) => Items.find((candidate) => candidate.sk === sk);
    const [activityItem, profileItem, consentItem] = [item('#ACTIVITY'), item('#PROFILE'), item('CONSENT')];
    const activity = activityItem && activityOf(activityItem);
    let profile = profileItem && profileOf(profileItem);
    // The query is no snapshot: an older #PROFILE than the one that the activity was evaluated with is read again.
    if (activity && (profile?.pv ?? 0) < activity.pv) profile = await readProfile(key);
    return {
      activity,
      profile,
      consents: consentItem ? consentsOf(consentItem) : {},
      consentFenced: consentItem?.mergedInto !== undefined,
    };
  }

  async function get(key: ProfileKey, sk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk: key, sk }, ConsistentRead: true }),
    );
    return Item;
  }

  async function readProfile(key: ProfileKey): Promise<Profile | undefined> {
    const item = await get(key, '#PROFILE');
    return item && profileOf(item);
  }

  async function readActivity(key: ProfileKey): Promise<Activity | undefined> {
    const item = await get(key, '#ACTIVITY');
    return item && activityOf(item);
  }

  /** Walks `mergedInto` to the profile that answers for `key` now. */
  async function home(key: ProfileKey): Promise<Home> {
    let at = key;
    let settled = true;
    for (let hop = 0; hop < MOST_HOPS; hop += 1) {
      const read = await query(at);
      const into = read.activity?.mergedInto;
      if (into === undefined) return { key: at, ...read, settled: settled && !read.consentFenced };
      settled &&= read.activity?.done === true;
      at = into;
    }
    throw new Error(`more than ${MOST_HOPS} merges behind ${key}`);
  }

  /** Reads, changes and writes one commuting item under its own version; follows merges. */
  async function change<Value>(
    key: ProfileKey,
    sk: 'CONSENT' | 'SENDS',
    next: (now: Value | undefined) => Value | undefined,
  ): Promise<Value | undefined> {
    let at = key;
    for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
      const item = await get(at, sk);
      if (item?.mergedInto !== undefined) {
        at = item.mergedInto as ProfileKey;
        continue;
      }
      const now = item && unpack<Value>(item.body);
      const then = next(now);
      if (then === undefined) return now;
      const v = (item?.v as number | undefined) ?? 0;
      const written = await accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: at, sk, v: v + 1, body: pack(then) },
            ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: item ? { ':v': v } : undefined,
          }),
        ),
      );
      if (written) return then;
    }
    throw new Error(`${sk} of ${key} changed too often`);
  }

  async function events(
    key: ProfileKey,
    sk: { from?: string; to?: string },
    page: { limit: number; cursor?: string; newestFirst?: boolean },
  ) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': key, ':from': sk.from ?? 'EVENTS#', ':to': sk.to ?? 'EVENTS#~' },
        ConsistentRead: true,
        ScanIndexForward: !page.newestFirst,
        Limit: page.limit,
        ExclusiveStartKey: page.cursor === undefined ? undefined : { pk: key, sk: page.cursor },
      }),
    );
    return { items: Items, next: LastEvaluatedKey?.sk as string | undefined };
  }

  return {
    query,
    home,
    readProfile,
    readActivity,

    /** Commit of `#ACTIVITY`: refused (false) when its version is no longer `expected` (undefined: must not exist). */
    commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean> {
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: activityItem(key, next),
            ConditionExpression: expected === undefined ? 'attribute_not_exists(pk)' : 'version = :v',
            ExpressionAttributeValues: expected === undefined ? undefined : { ':v': expected },
          }),
        ),
      );
    },

    /** Protocol A, step 4: refused (false) when `pv` moved or the item is fenced. Address look-ups are put first, never removed: readers check them. */
    async updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean> {
      for (const address of newAddresses(before, next)) {
        await client.send(new PutCommand({ TableName: table, Item: { pk: address, sk: key } }));
      }
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: key,
              sk: '#PROFILE',
              pv: next.pv,
              body: pack({ ...next, pv: undefined, mergedInto: undefined }),
            },
            ConditionExpression: before ? 'pv = :pv AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: before ? { ':pv': before.pv } : undefined,
          }),
        ),
      );
    },

    /** What a provider said of an address, if the profile still has it; a renewed push token takes the place of the old. Follows merges. */
    async markAddress(
      key: ProfileKey,
      kind: 'email' | 'sms' | 'push',
      value: string,
      status: AddressStatus,
      renewed?: string,
    ): Promise<void> {
      for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
        const at = await home(key);
        const marked = at.profile && withStatus(at.profile, kind, value, status, renewed);
        if (marked === undefined || at.profile === undefined) return;
        const body = { ...marked, pv: undefined, mergedInto: undefined };
        const written = await accepted(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { pk: at.key, sk: '#PROFILE', pv: at.profile.pv + 1, body: pack(body) },
              ConditionExpression: 'pv = :pv AND attribute_not_exists(mergedInto)',
              ExpressionAttributeValues: { ':pv': at.profile.pv },
            }),
          ),
        );
        if (written) return;
      }
      throw new Error(`the addresses of ${key} changed too often`);
    },

    /** Keys of the profiles that were merged into this one and are swept: their messages and runs stay under them. */
    async mergedKeys(key: ProfileKey): Promise<ProfileKey[]> {
      const { items } = await events(key, { from: 'MERGED#', to: 'MERGED#~' }, { limit: MOST_MERGED });
      return items.map((item) => String(item.sk).slice('MERGED#'.length));
    },

    /** Profiles whose present e-mail address or number this is. Bounded to 100 (people share a phone). */
    async byAddress(kind: 'email' | 'sms', value: string): Promise<ProfileKey[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': addressKey(kind, value) },
          ConsistentRead: true,
          Limit: 100,
        }),
      );
      const found = new Set<ProfileKey>();
      for (const item of Items) {
        const at = await home(String(item.sk));
        const address = at.profile?.addresses[kind];
        if (address !== undefined && addressKey(kind, address.value) === item.pk) found.add(at.key);
      }
      return [...found];
    },

    /** Later entry wins, false on a tie; every entry goes to the ledger. Follows merges. */
    async addConsents(
      key: ProfileKey,
      entries: { key: string; entry: ConsentEntry }[],
      fold: (now: Consents) => Consents,
    ): Promise<Consents> {
      for (const { key: consent, entry } of entries) {
        const sk = `LEDGER#${stamp(entry.at)}#${hashId(consent, JSON.stringify(entry))}`;
        await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, consent, ...entry } }));
      }
      const result = await change<Consents>(key, 'CONSENT', (now) => fold(now ?? {}));
      return result ?? {};
    },

    /** What counts towards caps, by message id. Strongly consistent; follows merges. */
    async readSends(key: ProfileKey): Promise<Record<string, CountedSend>> {
      return (await change<Record<string, CountedSend>>(key, 'SENDS', () => undefined)) ?? {};
    },

    /** Changes the counted sends atomically: `next` may be called again when somebody else wrote meanwhile; undefined = leave as it is. */
    changeSends(key: ProfileKey, next: (now: Record<string, CountedSend>) => Record<string, CountedSend> | undefined) {
      return change<Record<string, CountedSend>>(key, 'SENDS', (now) => next(now ?? {}));
    },

    /** Protocol A, step 5. The same ids give the same item. */
    async putEvents(key: ProfileKey, batch: CairnEvent[]): Promise<void> {
      const latest = Math.max(...batch.map((event) => event.at));
      const sk = `EVENTS#${stamp(latest)}#${hashId(...batch.map((event) => event.id)).slice(0, 12)}`;
      const ttl = Math.floor(latest / 1000) + TIMELINE_SECONDS;
      await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, ttl, body: pack(batch) } }));
    },

    /** Events with `at` ≥ `from`, each id once, in order (timestamp, arrival, index). At most `limit` batches; `more` says when there are others. */
    async history(key: ProfileKey, from: EpochMs, limit = 2_000): Promise<{ events: CairnEvent[]; more: boolean }> {
      const found = new Map<string, CairnEvent>();
      let cursor: string | undefined;
      let batches = 0;
      do {
        const page = await events(key, { from: `EVENTS#${stamp(Math.max(0, from))}` }, { limit: 200, cursor });
        for (const item of page.items) {
          for (const event of unpack<CairnEvent[]>(item.body)) if (event.at >= from) found.set(event.id, event);
        }
        batches += page.items.length;
        cursor = page.next;
      } while (cursor !== undefined && batches < limit);
      return { events: [...found.values()].sort(inOrder), more: cursor !== undefined };
    },

    /** Protocol A, `member`: refused silently when done or overtaken. */
    async setMember(key: ProfileKey, tag: string, on: boolean, v: number, at: EpochMs): Promise<void> {
      await accepted(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: key, sk: `TAG#${tag}` },
            UpdateExpression: on
              ? 'SET v = :v, #member = :member REMOVE #ttl'
              : 'SET v = :v, #ttl = :ttl REMOVE #member',
            ConditionExpression: 'attribute_not_exists(v) OR v < :v',
            ExpressionAttributeNames: { '#ttl': 'ttl', '#member': 'member' },
            ExpressionAttributeValues: on
              ? { ':v': v, ':member': memberKey(tag, key) }
              : { ':v': v, ':ttl': Math.floor(at / 1000) + TOMBSTONE_SECONDS },
          }),
        ),
      );
    },

    /** Puts a profile on a list. False: it is there already. */
    async putListed(key: ProfileKey, list: string, at: EpochMs): Promise<boolean> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: key, sk: `LISTED#${list}` },
          UpdateExpression: 'SET #member = :member, #at = :at',
          ExpressionAttributeNames: { '#member': 'member', '#at': 'at' },
          ExpressionAttributeValues: { ':member': memberKey(`list:${list}`, key), ':at': at },
          ReturnValues: 'ALL_OLD',
        }),
      );
      return Attributes === undefined;
    },
    /** Takes it off, if it was put there by then. False: it was not there. */
    async removeListed(key: ProfileKey, list: string, by: EpochMs): Promise<boolean> {
      return accepted(
        client.send(
          new DeleteCommand({
            TableName: table,
            Key: { pk: key, sk: `LISTED#${list}` },
            ConditionExpression: '#at <= :by',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':by': by },
          }),
        ),
      );
    },

    /** A page of one shard of the members of a tag, a segment (`segment:<id>`) or a list (`list:<id>`), or of everybody. */
    async members(tag: string, shard: number, page: { limit: number; cursor?: Record<string, unknown> }) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'membership',
          KeyConditionExpression: '#member = :member',
          ExpressionAttributeNames: { '#member': 'member' },
          ExpressionAttributeValues: { ':member': `${tag}#${String(shard).padStart(2, '0')}` },
          Limit: page.limit,
          ExclusiveStartKey: page.cursor,
        }),
      );
      return { profiles: Items.map((item) => String(item.pk)), next: LastEvaluatedKey };
    },

    /** Exact, by counting the index: a read unit for some 50 members. */
    async countMembers(tag: string): Promise<number> {
      const shards = Array.from({ length: MEMBER_SHARDS }, (_, shard) => String(shard).padStart(2, '0'));
      const counts = await inParallel(MEMBER_SHARDS, shards, async (shard) => {
        let count = 0;
        let cursor: Record<string, unknown> | undefined;
        do {
          const { Count = 0, LastEvaluatedKey } = await client.send(
            new QueryCommand({
              TableName: table,
              IndexName: 'membership',
              KeyConditionExpression: '#member = :member',
              ExpressionAttributeNames: { '#member': 'member' },
              ExpressionAttributeValues: { ':member': `${tag}#${shard}` },
              Select: 'COUNT',
              ExclusiveStartKey: cursor,
            }),
          );
          count += Count;
          cursor = LastEvaluatedKey;
        } while (cursor !== undefined);
        return count;
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },

    /** `ENTERED#…`: the last entry of a journey and key once its run has left `openRuns`. The later entry stays. */
    async putEntered(key: ProfileKey, runKey: string, entered: { entry: string; at: EpochMs }): Promise<void> {
      await accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: key, sk: `ENTERED#${runKey}`, ...entered },
            ConditionExpression: 'attribute_not_exists(pk) OR #at < :at',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':at': entered.at },
          }),
        ),
      );
    },

    async readEntered(key: ProfileKey, runKey: string): Promise<{ entry: string; at: EpochMs } | undefined> {
      const item = await get(key, `ENTERED#${runKey}`);
      return item && { entry: String(item.entry), at: Number(item.at) };
    },

    /** Older message-id hashes of the week, put before the commit that trims them from `ids`. */
    async putOlderIds(key: ProfileKey, hashes: string[], now: EpochMs): Promise<void> {
      const sk = `IDS#${stamp(now)}#${hashes[0] ?? ''}`;
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { pk: key, sk, ttl: Math.floor(now / 1000) + IDS_SECONDS, ids: packHashes(hashes) },
        }),
      );
    },

    /** All hashes put within the week before `now`; at most 200 items (12,800 ids). */
    async olderIds(key: ProfileKey, now: EpochMs): Promise<Set<string>> {
      const from = `IDS#${stamp(now - IDS_SECONDS * 1000)}`;
      const { items } = await events(key, { from, to: 'IDS#~' }, { limit: 200, newestFirst: true });
      return new Set(items.flatMap((item) => unpackHashes(item.ids)));
    },

    /** Merge: fences `#ACTIVITY` of `from` (creates it where unknown). False: it was fenced already. */
    fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean> {
      const next: Activity = {
        ...(read ?? emptyActivity()),
        version: (read?.version ?? 0) + 1,
        mergedInto: into,
        dueAt: Math.min(read?.dueAt ?? dueAt, dueAt),
      };
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: activityItem(from, next),
            ConditionExpression: read
              ? 'version = :v AND attribute_not_exists(mergedInto)'
              : 'attribute_not_exists(pk)',
            ExpressionAttributeValues: read ? { ':v': read.version } : undefined,
          }),
        ),
      );
    },

    /** Merge: freezes another item of `from`; repeated without effect. */
    async fence(
      from: ProfileKey,
      sk: '#PROFILE' | 'CONSENT' | 'SENDS',
      into: ProfileKey,
    ): Promise<Record<string, unknown> | undefined> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: from, sk },
          UpdateExpression: 'SET mergedInto = if_not_exists(mergedInto, :into)',
          ExpressionAttributeValues: { ':into': into },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes;
    },

    /** What a fenced CONSENT or SENDS holds. */
    fencedBody<Value>(item: Record<string, unknown> | undefined): Value | undefined {
      return item?.body === undefined ? undefined : unpack<Value>(item.body);
    },
    fencedProfile(item: Record<string, unknown> | undefined): Profile | undefined {
      return item?.body === undefined ? undefined : profileOf(item);
    },

    /** Merge, fold of CONSENT and SENDS into `into` only (a fence there is refused: the caller starts again). */
    async foldInto<Value>(
      into: ProfileKey,
      sk: 'CONSENT' | 'SENDS',
      fold: (now: Value | undefined) => Value,
    ): Promise<boolean> {
      for (let attempt = 0; attempt < MOST_HOPS; attempt += 1) {
        const item = await get(into, sk);
        if (item?.mergedInto !== undefined) return false;
        const v = (item?.v as number | undefined) ?? 0;
        const written = await accepted(
          client.send(
            new PutCommand({
              TableName: table,
              Item: { pk: into, sk, v: v + 1, body: pack(fold(item && unpack<Value>(item.body))) },
              ConditionExpression: item ? 'v = :v AND attribute_not_exists(mergedInto)' : 'attribute_not_exists(pk)',
              ExpressionAttributeValues: item ? { ':v': v } : undefined,
            }),
          ),
        );
        if (written) return true;
      }
      throw new Error(`${sk} of ${into} changed too often`);
    },

    /** Merge, sweep: a page of what moves along (`EVENTS#`, `ENTERED#`, `IDS#`, `LEDGER#`, `MERGED#`), as raw items. */
    async movable(key: ProfileKey, prefix: string): Promise<Record<string, unknown>[]> {
      const { items } = await events(key, { from: prefix, to: `${prefix}~` }, { limit: 100 });
      return items;
    },
    async putUnder(key: ProfileKey, items: Record<string, unknown>[]): Promise<void> {
      for (const item of items) await client.send(new PutCommand({ TableName: table, Item: { ...item, pk: key } }));
    },
    async remove(key: ProfileKey, items: Record<string, unknown>[]): Promise<void> {
      for (const batch of chunks(items, 25)) {
        const requests = batch.map((item) => ({ DeleteRequest: { Key: { pk: key, sk: item.sk } } }));
        const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
        if (UnprocessedItems?.[table]?.length) throw new Error('deletes were throttled; the sweep is repeated');
      }
    },
    async removeItem(key: ProfileKey, sk: string): Promise<void> {
      await client.send(new DeleteCommand({ TableName: table, Key: { pk: key, sk } }));
    },
    /** Merge, g: leaves only the fence. */
    async empty(key: ProfileKey, sk: '#PROFILE' | 'CONSENT' | 'SENDS', into: ProfileKey): Promise<void> {
      await client.send(new PutCommand({ TableName: table, Item: { pk: key, sk, pv: 0, v: 0, mergedInto: into } }));
    },

    /** Keys of one shard's profiles due before `before`, overdue included. */
    async dueBefore(shard: string, before: EpochMs, page: { limit: number; cursor?: Record<string, unknown> }) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'due',
          KeyConditionExpression: 'dueShard = :s AND dueAt < :before',
          ExpressionAttributeValues: { ':s': shard, ':before': before },
          Limit: page.limit,
          ExclusiveStartKey: page.cursor,
        }),
      );
      return { due: Items.map((item) => ({ key: String(item.pk), at: Number(item.dueAt) })), next: LastEvaluatedKey };
    },
  };
}

export const emptyActivity = (): Activity => ({
  version: 0,
  features: {},
  featuresOf: 0,
  ids: [],
  tags: {},
  openRuns: {},
  pending: [],
  pv: 0,
  mergedFrom: [],
});

/** Undefined: the profile has no such address, or it is marked so already. */
function withStatus(
  profile: Profile,
  kind: 'email' | 'sms' | 'push',
  value: string,
  status: AddressStatus,
  renewed?: string,
): Profile | undefined {
  const { addresses } = profile;
  if (kind === 'push') {
    const token = addresses.push?.find((one) => one.value === value);
    if (token === undefined || (token.status === status && renewed === undefined)) return undefined;
    const next = renewed === undefined ? { ...token, status } : { ...token, value: renewed };
    const push = (addresses.push ?? [])
      .filter((one) => one.value !== renewed)
      .map((one) => (one.value === value ? next : one));
    return { ...profile, addresses: { ...addresses, push } };
  }
  const address = addresses[kind];
  if (address?.value !== value || address.status === status) return undefined;
  return { ...profile, addresses: { ...addresses, [kind]: { ...address, status } } };
}

/** Partition of the look-up from an address to profiles; e-mail addresses compare without case. */
const addressKey = (kind: 'email' | 'sms', value: string): string =>
  `ADDRESS#${kind}#${kind === 'email' ? value.toLowerCase() : value}`;

function newAddresses(before: Profile | undefined, next: Profile): string[] {
  const kinds = ['email', 'sms'] as const;
  return kinds.flatMap((kind) => {
    const [was, is] = [before?.addresses[kind]?.value, next.addresses[kind]?.value];
    return is !== undefined && is !== was ? [addressKey(kind, is)] : [];
  });
}

const stamp = (at: EpochMs): string => String(at).padStart(13, '0');

function activityItem(key: ProfileKey, activity: Activity): Record<string, unknown> {
  const { version, pv, dueAt, mergedInto, done, ids, ...state } = activity;
  return {
    pk: key,
    sk: '#ACTIVITY',
    version,
    pv,
    mergedInto,
    done,
    ids: ids.length === 0 ? undefined : packHashes(ids),
    body: pack(state),
    ...(dueAt === undefined ? {} : { dueAt, dueShard: shardOf(key, DUE_SHARDS) }),
    // Whoever was merged away is nobody any more.
    ...(mergedInto === undefined ? { member: memberKey(EVERYBODY, key) } : {}),
  };
}

const memberKey = (tag: string, key: ProfileKey): string => `${tag}#${shardOf(key, MEMBER_SHARDS)}`;

/** Inverse of `activityItem`; the casts name what only that wrote. */
function activityOf(item: Record<string, unknown>): Activity {
  return {
    ...unpack<
      Pick<
        Activity,
        'features' | 'featuresOf' | 'trimmedAt' | 'lastAt' | 'tags' | 'openRuns' | 'pending' | 'mergedFrom'
      >
    >(item.body),
    version: item.version as number,
    pv: item.pv as number,
    dueAt: item.dueAt as EpochMs | undefined,
    mergedInto: item.mergedInto as ProfileKey | undefined,
    done: item.done as boolean | undefined,
    ids: item.ids === undefined ? [] : unpackHashes(item.ids),
  };
}

/** A fence alone (a profile unknown before its merge) has no body. */
function profileOf(item: Record<string, unknown>): Profile {
  const body =
    item.body === undefined
      ? { identity: { kind: 'anonymous', id: '' }, traits: {}, addresses: {} }
      : unpack<Profile>(item.body);
  return {
    ...(body as Profile),
    pv: (item.pv as number | undefined) ?? 0,
    mergedInto: item.mergedInto as ProfileKey | undefined,
  };
}

const consentsOf = (item: Record<string, unknown>): Consents =>
  item.body === undefined ? {} : unpack<Consents>(item.body);

function packHashes(hashes: string[]): Uint8Array {
  return Buffer.from(hashes.join(''), 'base64url');
}

/** 48-bit hashes are 8 base64url characters without remainder, so they may be joined. */
function unpackHashes(bytes: unknown): string[] {
  const text = Buffer.from(bytes as Uint8Array).toString('base64url');
  return Array.from({ length: (text.length * 6) / 8 / HASH_BYTES }, (_, index) => text.slice(index * 8, index * 8 + 8));
}

function* chunks<Item>(items: Item[], size: number): Generator<Item[]> {
  for (let index = 0; index < items.length; index += size) yield items.slice(index, index + size);
}
