import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Activity, Effect, EventPlace } from '../../core/profiles/activity.ts';
import type { AddressRecord, AddressRef } from '../../core/profiles/address-record.ts';
import type { KeyedConsent } from '../../core/profiles/consent.ts';
import type { ConsentEntry, Consents, CountedSend, Profile } from '../../core/profiles/profile.ts';
import type { Cursor } from '../ports.ts';

/** Paths of merged profiles are compressed: what is longer than some twenty, and merges that are not done yet, is a fault. */
export const MAX_HOPS = 250;

/** Members are kept in so many shards, 0 to 15: each is read by itself. */
export const MEMBER_SHARDS = 16;

/** What one strongly consistent Query of a profile's partition gives. It is no snapshot. */
export interface Read {
  activity?: Activity;
  profile?: Profile;
  consents: Consents;
  /** CONSENT carries a fence. */
  consentFenced: boolean;
  /** `#SENDS` as it lies there, for `changeSends`. */
  sends?: Record<string, unknown>;
}

/** A profile at the end of its merges. `settled` is false while a hop's fold is under way: evaluate later. */
export interface CurrentProfile extends Read {
  key: ProfileKey;
  settled: boolean;
  /** Profiles on the way whose events may not have moved yet, the first one first. */
  unswept: ProfileKey[];
}

/** What is read of a profile, strongly consistent. */
export interface ProfileReads {
  /** All that lies together of one profile, whether it was merged or not. */
  query(key: ProfileKey): Promise<Read>;
  readProfile(key: ProfileKey): Promise<Profile | undefined>;
  readActivity(key: ProfileKey): Promise<Activity | undefined>;
  /** Walks the merges to the profile that answers for `key` now. */
  home(key: ProfileKey): Promise<CurrentProfile>;
}

/** What is kept of addresses themselves. The order of reports decides, whatever their arrival. */
export interface AddressStore {
  /** Records by `addressId`, strongly consistent; addresses that have none are absent. */
  addressRecords(refs: readonly AddressRef[]): Promise<Map<string, AddressRecord>>;
  /** `suppressed` stays when `bad` is reported. False: it is marked so already, or a later lift or delivery goes before. */
  markAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs, reason: string): Promise<boolean>;
  /** By a person. False: it has no such mark. */
  liftAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs): Promise<boolean>;
  /** A message has arrived there: what was `bad` before is good again. As a rule there is nothing to write. */
  noteDelivery(ref: AddressRef, at: EpochMs): Promise<void>;
  /** STOP or START from a number: the later one holds, STOP on a tie. */
  answerNumber(number: string, granted: boolean, at: EpochMs): Promise<void>;
  /** A customer who has the number says yes to SMS: a STOP that is older binds it no more. */
  reopenNumber(number: string, at: EpochMs): Promise<void>;
  /** The token is the profile's from `at` on: answers whose it was. False: another registered it later. */
  ownToken(token: string, profile: ProfileKey, at: EpochMs): Promise<{ before?: ProfileKey } | false>;
  /** A page of one shard of the addresses that are marked so. */
  markedAddresses(
    status: 'bad' | 'suppressed',
    shard: number,
    page: { limit: number; cursor?: Cursor | undefined },
  ): Promise<{ records: AddressRecord[]; next: Cursor | undefined }>;
}

/** What of a timeline is wanted. */
export interface Window {
  from: EpochMs;
  /** Absent: events of any name. */
  names?: ReadonlySet<string> | undefined;
}

/** What has happened to a profile: its events, the week's message ids, the last entry of each journey. */
export interface Timeline {
  /** `docs/protocols.md#processing-events`, 6. The same events give the same items. Where each lies now. */
  putEvents(key: ProfileKey, batch: CairnEvent[]): Promise<Map<string, EventPlace>>;
  /** The events of one item of the timeline; undefined where it is not. */
  eventsAt(pk: ProfileKey, sk: string): Promise<CairnEvent[] | undefined>;
  /** Events with `at` ≥ `from` (and with one of these names), each id once, in order (timestamp, arrival, index); read newest first. */
  history(key: ProfileKey, window: Window): Promise<{ events: CairnEvent[]; places: Map<string, EventPlace> }>;
  /** Older message-id hashes of the week, put before the commit that trims them from `ids`. */
  putOlderIds(key: ProfileKey, hashes: string[], now: EpochMs): Promise<void>;
  /** Which of these hashes were put since `from`, however many were. */
  olderIds(key: ProfileKey, wanted: ReadonlySet<string>, from: EpochMs): Promise<Set<string>>;
  /** `ENTERED#…`: the last entry of a journey and key once its run has left `openRuns`. The later entry stays. */
  putEntered(key: ProfileKey, runKey: string, entered: { entry: string; at: EpochMs }): Promise<void>;
  readEntered(key: ProfileKey, runKey: string): Promise<{ entry: string; at: EpochMs } | undefined>;
}

/** Who has a tag, is in a segment or on a list. */
export interface MembershipStore {
  /** The effect `member` (`docs/protocols.md#effects`): refused silently when done or overtaken. */
  setMember(key: ProfileKey, tag: string, on: boolean, v: number, at: EpochMs): Promise<void>;
  /** Puts a profile on a list. False: it is there already. */
  putListed(key: ProfileKey, list: string, at: EpochMs): Promise<boolean>;
  /** Takes it off, if it was put there by then. False: it was not there. */
  removeListed(key: ProfileKey, list: string, by: EpochMs): Promise<boolean>;
  /** A page of one shard of the members of a tag, a segment (`segment:<id>`) or a list (`list:<id>`), or of everybody. */
  members(
    tag: string,
    shard: number,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ profiles: string[]; next: Cursor | undefined }>;
  /** Exact, by counting the index: a read unit for some 50 members. */
  countMembers(tag: string): Promise<number>;
}

/** `MERGED#<key>` under the profile that it was merged into. Such rows make a tree: `MAX_LEVELS` in `merge.ts` says how deep it may be. */
export interface MergedRow {
  key: ProfileKey;
  /** Under which it lies. */
  under: ProfileKey;
  /** Levels of rows that lie under `key` itself; 0: none. */
  levels: number;
}

/** The writes of a merge: `docs/protocols.md#merges`. */
export interface MergeStore {
  /** Rows that lie under this profile itself. */
  mergedUnder(key: ProfileKey): Promise<MergedRow[]>;
  /** All rows, those nearest to `key` first; no more are read once there are `enough`. */
  mergedTree(key: ProfileKey, enough?: number): Promise<MergedRow[]>;
  /** Keys of the profiles that were merged into this one and are swept: their messages and runs stay under them. `more`: there are others. */
  mergedKeys(key: ProfileKey): Promise<{ keys: ProfileKey[]; more: boolean }>;
  /** Merge: fences `#ACTIVITY` of `from` (creates it where unknown). False: it was fenced already. */
  fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean>;
  /** A merge that is done led to a profile that has been merged since: it leads straight to the end, so that nobody walks far. */
  repoint(key: ProfileKey, into: ProfileKey): Promise<void>;
  /** Merge: freezes another item of `from`; repeated without effect. */
  fence(
    from: ProfileKey,
    sk: '#PROFILE' | 'CONSENT' | '#SENDS',
    into: ProfileKey,
  ): Promise<Record<string, unknown> | undefined>;
  /** What a fenced CONSENT or #SENDS holds. */
  fencedBody<Value>(item: Record<string, unknown> | undefined): Value | undefined;
  fencedProfile(item: Record<string, unknown> | undefined): Profile | undefined;
  /** Merge, fold of CONSENT and #SENDS into `into` only (a fence there is refused: the caller starts again). */
  foldInto<Value>(
    into: ProfileKey,
    sk: 'CONSENT' | '#SENDS',
    fold: (now: Value | undefined) => Value,
  ): Promise<boolean>;
  /** Merge, sweep: a page of what moves along (`ENTERED#`, `EVENTS#`, `IDS#`, `LEDGER#`, `LISTED#`: nothing else lies between), as raw items. */
  movable(key: ProfileKey): Promise<Record<string, unknown>[]>;
  putUnder(key: ProfileKey, items: Record<string, unknown>[]): Promise<void>;
  remove(key: ProfileKey, items: Record<string, unknown>[]): Promise<void>;
  removeItem(key: ProfileKey, sk: string): Promise<void>;
  /** Merge, g: leaves only the fence. */
  empty(key: ProfileKey, sk: '#PROFILE' | 'CONSENT' | '#SENDS', into: ProfileKey): Promise<void>;
}

/** All that is kept of customers. What is written here is evaluated by its own condition; a refusal is `false`, and the caller begins again. */
export interface ProfileStore extends ProfileReads, AddressStore, Timeline, MembershipStore, MergeStore {
  /**
   * Commit of `#ACTIVITY`: refused (false) when its version is no longer `expected` (undefined: must not exist). Effects that are too many for
   * the item are put beside it first; those of a commit that is refused expire.
   */
  commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean>;
  /** With those that lie beside the commit in their place; what has expired is over. */
  storedEffects(effects: readonly Effect[]): Promise<Exclude<Effect, { kind: 'stored' }>[]>;
  /**
   * `docs/protocols.md#processing-events`, 5: refused (false) when `pv` moved or the item is fenced. Look-ups by address are put first, and those of former
   * addresses go last: a row that carries a later `pv` stays. A push token that another profile registered later is left out.
   */
  updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean>;
  /** Merge: what led to the profile by its addresses leads to its survivor now. */
  removeLookUps(key: ProfileKey, profile: Profile): Promise<void>;
  /** The provider gave a push token a new value. Follows merges. */
  renewToken(key: ProfileKey, old: string, renewed: string, at: EpochMs): Promise<void>;
  /** `owner` has registered the token since: it leaves the profile. Answers false, and takes nothing, where both are one by now. Follows merges. */
  dropToken(key: ProfileKey, token: string, owner: ProfileKey): Promise<boolean>;
  /** Profiles whose present e-mail address or number this is, a page of look-ups at a time; rows that lead to nobody any more go away. */
  byAddress(
    kind: 'email' | 'sms',
    value: string,
    page?: { limit: number; cursor?: string | undefined },
  ): Promise<{ keys: ProfileKey[]; next?: string | undefined }>;
  /** Later entry wins, false on a tie; every entry goes to the ledger. A yes to SMS by whoever is shown to have the number lifts its STOP. Follows merges. */
  addConsents(key: ProfileKey, entries: readonly KeyedConsent[], fold: (now: Consents) => Consents): Promise<Consents>;
  /** What counts towards caps, by message id. Strongly consistent; follows merges. */
  readSends(key: ProfileKey): Promise<Record<string, CountedSend>>;
  /**
   * Changes the counted sends atomically: `next` may be called again when somebody else wrote meanwhile; undefined = leave as it is.
   * `read`: what was read with the profile is taken for what is there at first.
   */
  changeSends(
    key: ProfileKey,
    next: (now: Record<string, CountedSend>) => Record<string, CountedSend> | undefined,
    read?: Pick<CurrentProfile, 'sends'>,
  ): Promise<Record<string, CountedSend> | undefined>;
  /** Keys of one shard's profiles due before `before`, overdue included. */
  dueBefore(
    shard: string,
    before: EpochMs,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ due: { key: string; at: number }[]; next: Cursor | undefined }>;
}

/** `skip` events of the batch that follows `after` (its `sk`) were shown. */
export interface PlaceInTimeline {
  after?: string | undefined;
  skip: number;
}

/** What people page through of a profile. */
export interface ProfilePages {
  /** The consent ledger, newest first. */
  ledger(
    key: ProfileKey,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ entries: (ConsentEntry & { key: string })[]; next: string | undefined }>;
  /**
   * At most `limit` events of the timeline, newest batch first. Batches of one instant are one: within it the newest event comes first, whatever
   * batch it lies in. A page may end within an instant.
   */
  timeline(
    key: ProfileKey,
    page: { limit: number; cursor?: PlaceInTimeline | undefined },
  ): Promise<{ events: CairnEvent[]; next?: PlaceInTimeline }>;
}
