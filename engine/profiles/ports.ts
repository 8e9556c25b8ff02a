import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Activity, Effect, EventPlace } from '../../core/profiles/activity.ts';
import type { AddressRecord, AddressRef } from '../../core/profiles/address-record.ts';
import type { KeyedConsent } from '../../core/profiles/consent.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { ConsentEntry, Consents, Profile } from '../../core/profiles/profile.ts';
import type { Cursor } from '../ports.ts';

/** Most steps along merged profiles. Paths are compressed: one with more than about twenty profiles, apart from incomplete merges, is a fault. */
export const MAX_HOPS = 250;

/** Number of shards of the members, 0 to 15; each is read separately. */
export const MEMBER_SHARDS = 16;

/** Result of one Query of a profile's partition. It is not a snapshot. */
export interface ProfileItems {
  activity?: Activity;
  profile?: Profile;
  consents: Consents;
  /** CONSENT carries a fence. */
  consentFenced: boolean;
  /** The `#SENDS` item as it was read, for `changeSends`. */
  sends?: Record<string, unknown>;
}

/** A profile after all merges. `settled` is false while a merge on the way is incomplete: evaluate later. */
export interface CurrentProfile extends ProfileItems {
  key: ProfileKey;
  settled: boolean;
  /** Profiles on the way whose merge is not finished, first one first: their events may not have moved yet. */
  unfinishedMerges: ProfileKey[];
}

/** How a profile is read. An eventually consistent read costs half: it may miss what was written a moment ago. */
export interface Reading {
  isEventual?: boolean;
}

/** Strongly consistent reads of a profile. */
export interface ProfileReads {
  /** Reads the adjacent items of one profile, whether it was merged or not. */
  query(key: ProfileKey): Promise<ProfileItems>;
  readProfile(key: ProfileKey): Promise<Profile | undefined>;
  readActivity(key: ProfileKey): Promise<Activity | undefined>;
  /** Follows the merges to the present profile of `key`. */
  home(key: ProfileKey, reading?: Reading): Promise<CurrentProfile>;
}

/** Stores the status of addresses, whoever has them. The timestamps of the reports decide, not their order of arrival. */
export interface AddressStore {
  /** Returns records by `addressId`, strongly consistent; addresses without one are absent. */
  addressRecords(refs: readonly AddressRef[]): Promise<Map<string, AddressRecord>>;
  /**
   * Marks an address; `suppressed` stays when `bad` is reported. Returns false if it is marked so already, or if a later removal or delivery takes
   * precedence.
   */
  markAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs, reason: string): Promise<boolean>;
  /** Removes a mark, at a person's request. Returns false if the address has no such mark. */
  unmarkAddress(ref: AddressRef, status: 'bad' | 'suppressed', at: EpochMs): Promise<boolean>;
  /** Records a delivery: an address that was `bad` before is good again. Usually there is nothing to write. */
  recordDelivery(ref: AddressRef, at: EpochMs): Promise<void>;
  /** Records STOP or START from an address: the later one counts, STOP on a tie. */
  recordStopReply(ref: AddressRef, granted: boolean, at: EpochMs): Promise<void>;
  /** A customer who has the address consents to its channel: an older STOP no longer applies. */
  liftStop(ref: AddressRef, at: EpochMs): Promise<void>;
  /** Gives the address (a push token) to the profile from `at` on, and returns who had it. False: another registered it later. */
  claimAddress(ref: AddressRef, profile: ProfileKey, at: EpochMs): Promise<{ before?: ProfileKey } | false>;
  /** Returns a page of one shard of the addresses with this mark. */
  markedAddresses(
    status: 'bad' | 'suppressed',
    shard: number,
    page: { limit: number; cursor?: Cursor | undefined },
  ): Promise<{ records: AddressRecord[]; next: Cursor | undefined }>;
}

/** Part of a timeline to read. */
export interface TimelineRange {
  from: EpochMs;
  /** Absent: events of any name. */
  names?: ReadonlySet<string> | undefined;
}

/** Stores the past of a profile: its events, the message ids of a week, and the last entry into each journey. */
export interface Timeline {
  /** `docs/protocols.md#processing-events`, 6. The same events give the same items. Where each lies now. */
  putEvents(key: ProfileKey, batch: CairnEvent[]): Promise<Map<string, EventPlace>>;
  /** Returns the events of one item of the timeline, or undefined if it does not exist. */
  eventsAt(pk: ProfileKey, sk: string): Promise<CairnEvent[] | undefined>;
  /** Events with `at` ≥ `from` (and with one of these names), each id once, in order (timestamp, arrival, index); read newest first. */
  history(key: ProfileKey, window: TimelineRange): Promise<{ events: CairnEvent[]; places: Map<string, EventPlace> }>;
  /** Puts older message-id hashes of the week, before the commit that trims them from `ids`. */
  putOlderIds(key: ProfileKey, hashes: string[], now: EpochMs): Promise<void>;
  /** Returns those of these hashes that were put since `from`, however many there are. */
  olderIds(key: ProfileKey, wanted: ReadonlySet<string>, from: EpochMs): Promise<Set<string>>;
  /** `ENTERED#…`: stores the last entry of a journey and key once its run has left `openRuns`. The later entry stays. */
  putEntered(key: ProfileKey, runKey: string, entered: { entry: string; at: EpochMs }): Promise<void>;
  readEntered(key: ProfileKey, runKey: string): Promise<{ entry: string; at: EpochMs } | undefined>;
}

/** Members of tags, segments and lists. */
export interface MembershipStore {
  /** The effect `member` (`docs/protocols.md#effects`): refused silently when done or overtaken. */
  setMember(key: ProfileKey, tag: string, on: boolean, v: number, at: EpochMs): Promise<void>;
  /** Adds a profile to a list. Returns false if it is a member already. */
  putListed(key: ProfileKey, list: string, at: EpochMs): Promise<boolean>;
  /** Removes a profile from a list, if it was added by then. Returns false if it was no member. */
  removeListed(key: ProfileKey, list: string, by: EpochMs): Promise<boolean>;
  /** Returns a page of one shard of the members of a tag, a segment (`segment:<id>`), a list (`list:<id>`), or of all profiles. */
  members(
    tag: string,
    shard: number,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ profiles: string[]; next: Cursor | undefined }>;
  /** Returns the exact count from the index: a read unit for about 50 members. */
  countMembers(tag: string): Promise<number>;
}

/** `MERGED#<key>` under the profile that it was merged into. These rows form a tree; `MAX_LEVELS` in `merges/move-items.ts` limits its depth. */
export interface MergedRow {
  key: ProfileKey;
  /** Profile under which it is stored. */
  under: ProfileKey;
  /** Levels of rows under `key` itself; 0: none. */
  levels: number;
}

/** The items of a profile that a merge folds by content. */
export interface FoldedItems {
  profile: Profile;
  consents: Consents;
  sends: CountedSends;
}

/** An item of a merged profile that moves to its survivor. */
export type MovableItem =
  /** The last entry into a journey, or into it with this key. */
  | { kind: 'entered'; runKey: string; entered: { entry: string; at: EpochMs } }
  | { kind: 'listed'; list: string; at: EpochMs }
  /** Name of a profile that was merged: see `MergedRow`. */
  | { kind: 'merged'; key: ProfileKey; levels: number }
  /** Events, entries of the consent ledger and older ids: only the store reads what it has `stored`. */
  | { kind: 'record'; id: string; stored: unknown };

/** The writes of a merge: `docs/protocols.md#merges`. */
export interface MergeStore {
  /** Returns the rows under this profile itself. */
  mergedUnder(key: ProfileKey): Promise<MergedRow[]>;
  /** Returns all rows, those nearest to `key` first; stops reading once there are `enough`. */
  mergedTree(key: ProfileKey, enough?: number): Promise<MergedRow[]>;
  /**
   * Returns the keys of the profiles that were merged into this one completely: their messages and runs stay under them. `more`: there are others.
   */
  mergedKeys(key: ProfileKey): Promise<{ keys: ProfileKey[]; more: boolean }>;
  /** Merge: fences `#ACTIVITY` of `from` (creates it if the profile is unknown). Returns false if it was fenced before. */
  fenceActivity(from: ProfileKey, into: ProfileKey, dueAt: EpochMs, read: Activity | undefined): Promise<boolean>;
  /** Points a completed merge straight to the end of the chain, if its target has been merged since, so that look-ups stay short. */
  repoint(key: ProfileKey, into: ProfileKey): Promise<void>;
  /** Merge: fences another item of `from`, and returns what it holds; a repeat returns the same. */
  fence<Name extends keyof FoldedItems>(
    from: ProfileKey,
    name: Name,
    into: ProfileKey,
  ): Promise<FoldedItems[Name] | undefined>;
  /** Merge: folds into an item of `into`. Returns false if that is fenced itself: the caller starts again. */
  foldInto<Name extends 'consents' | 'sends'>(
    into: ProfileKey,
    name: Name,
    fold: (now: FoldedItems[Name] | undefined) => FoldedItems[Name],
  ): Promise<boolean>;
  /** Merge: returns a page of the items that move along; names of merged profiles are not among them. */
  movableItems(key: ProfileKey): Promise<MovableItem[]>;
  /** Writes items under a profile. The later one of two entries stays. */
  putItems(key: ProfileKey, items: readonly MovableItem[]): Promise<void>;
  removeItems(key: ProfileKey, items: readonly MovableItem[]): Promise<void>;
  /** Merge, g: removes everything except the fence. */
  emptyItem(key: ProfileKey, name: keyof FoldedItems, into: ProfileKey): Promise<void>;
}

/** Stores all data of customers. Every write has its own condition; if it is refused, the call returns `false`, and the caller starts again. */
export interface ProfileStore extends ProfileReads, AddressStore, Timeline, MembershipStore, MergeStore {
  /**
   * Commits `#ACTIVITY`. Returns false if its version is no longer `expected` (undefined: must not exist). Effects that do not fit into the item are
   * put beside it first; those of a refused commit expire.
   */
  commitActivity(key: ProfileKey, expected: number | undefined, next: Activity): Promise<boolean>;
  /** Returns the effects, with stored ones in their place; expired ones are dropped. */
  storedEffects(effects: readonly Effect[]): Promise<Exclude<Effect, { kind: 'stored' }>[]>;
  /**
   * `docs/protocols.md#processing-events`, 5: refused (false) when `pv` moved or the item is fenced. Look-ups by address are put first, and those of former
   * addresses go last: a row that carries a later `pv` stays. A push token that another profile registered later is left out.
   */
  updateProfile(key: ProfileKey, before: Profile | undefined, next: Profile): Promise<boolean>;
  /** Merge: removes the profile's look-ups by address, since its survivor has its own now. */
  removeLookUps(key: ProfileKey, profile: Profile): Promise<void>;
  /** The provider gave an address (a push token) a new value. Follows merges. */
  renewAddress(key: ProfileKey, ref: AddressRef, renewed: string, at: EpochMs): Promise<void>;
  /** `owner` has registered the address since: it leaves the profile. Answers false, and takes nothing, where both are one by now. Follows merges. */
  dropAddress(key: ProfileKey, ref: AddressRef, owner: ProfileKey): Promise<boolean>;
  /** Profiles whose present address this is, a page of look-ups at a time; rows that lead to nobody any more go away. */
  byAddress(
    ref: AddressRef,
    page?: { limit: number; cursor?: string | undefined },
  ): Promise<{ keys: ProfileKey[]; next?: string | undefined }>;
  /** Later entry wins, false on a tie; every entry goes to the ledger. A consent to a channel by somebody proven to have the address lifts the STOP that came from it. Follows merges. */
  addConsents(key: ProfileKey, entries: readonly KeyedConsent[], fold: (now: Consents) => Consents): Promise<Consents>;
  /** Returns the sends that count towards caps. The read is strongly consistent and follows merges. */
  readSends(key: ProfileKey): Promise<CountedSends>;
  /**
   * Changes the counted sends atomically. `next` may be called again if another write came first; it returns undefined to change nothing. `read`: the
   * item as it was read with the profile, used for the first try.
   */
  changeSends(
    key: ProfileKey,
    next: (now: CountedSends) => CountedSends | undefined,
    read?: Pick<CurrentProfile, 'sends'>,
  ): Promise<CountedSends | undefined>;
  /** Returns the keys of one shard's profiles that are due before `before`, overdue ones included. */
  dueBefore(
    shard: string,
    before: EpochMs,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ due: { key: string; at: number }[]; next: Cursor | undefined }>;
}

/** `before`: place of the last event that was shown; `after`: key of a batch, all of whose events come before that one in the list. */
export interface PlaceInTimeline {
  after?: string | undefined;
  before: string;
}

/** Lists of a profile that the API returns in pages. */
export interface ProfilePages {
  /** The consent ledger, newest first. */
  ledger(
    key: ProfileKey,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ entries: (ConsentEntry & { key: string })[]; next: string | undefined }>;
  /** Returns at most `limit` events of the timeline, newest first, each once, whatever batches they arrived in; fewer only at its end. */
  timeline(
    key: ProfileKey,
    page: { limit: number; cursor?: PlaceInTimeline | undefined },
  ): Promise<{ events: CairnEvent[]; next?: PlaceInTimeline }>;
}
