import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { KnownItem } from '../../core/content/choose.ts';
import type { Compiled, Head, Kind } from '../../core/definitions/definition.ts';
import type { Pausable, Pause, Pins } from '../../core/definitions/pins.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { StateMachineDefinition } from '../../statemachines/compile.ts';

/** Definitions as the API writes them: a version is put first, then the head is updated under a condition on its `rev`. */
export interface DefinitionStore {
  /** Returns the head, strongly consistent. A deleted definition keeps its head, because its version numbers continue. */
  head(kind: Kind, id: string): Promise<Head | undefined>;
  version<K extends Kind>(kind: K, id: string, n: number): Promise<Version<K> | undefined>;
  /** Returns all versions that were written, newest first. */
  versions<K extends Kind>(
    kind: K,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<(Version<K> & { n: number })[]>;
  /** Returns the ids of a kind in order, a page at a time, from the index (eventually consistent). */
  list(
    kind: Kind,
    page: { limit: number; after?: string },
  ): Promise<{ items: { id: string; head: Head }[]; next?: string }>;
  /** Returns the deleted journeys whose versions may still have state machines, as `list` does. */
  listDeleted(page: { limit: number; after?: string }): Promise<{ items: { id: string; head: Head }[]; next?: string }>;
  /** A deleted journey has no state machines any more: `listDeleted` leaves it out. Does nothing if it was written meanwhile. */
  unlistDeleted(id: string, rev: number): Promise<void>;
  /** Puts a version. Returns false if that number is taken. */
  putVersion(kind: Kind, id: string, n: number, version: Omit<Version, 'pins'>): Promise<boolean>;
  /** Removes a version that no head ever named. `tried`: the revision of the head that was refused; it keeps the version if that one may have named it. */
  removeVersion(kind: Kind, id: string, n: number, tried: number): Promise<void>;
  /** Updates the head. Returns false if its `rev` is no longer `expected` (undefined: there was no head). */
  commitHead(kind: Kind, id: string, expected: number | undefined, next: Head): Promise<boolean>;
  /** Writes the pins that a version is published with, and when; `rev` is the head's at which they were read: an older publisher is refused. */
  pinVersion(kind: Kind, id: string, n: number, pins: Pins, by: { rev: number; at: EpochMs }): Promise<boolean>;
  /** Notes that what the version ran on was removed. */
  markRemoved(kind: Kind, id: string, n: number, at: EpochMs): Promise<void>;
}

/**
 * An older copy of the pointer is read again. The result is then the newest that exists, even if the catalog was restored from a backup and is
 * behind.
 */
export interface Freshness {
  /** Version of the snapshot that was used for an earlier evaluation. */
  version?: number | undefined;
  /** The pointer must have been read at this instant or later. */
  since?: EpochMs | undefined;
}

/** The live rules and immutable versions, as functions read them. */
export interface CatalogStore {
  /** Returns the live rules and the pauses, as fresh as required. */
  snapshot(freshness?: Freshness): Promise<{ snapshot: Snapshot; pointer: Pointer }>;
  /** Returns one immutable version, or undefined if it never existed. */
  version<K extends Kind>(
    kind: K,
    id: string,
    n: number,
  ): Promise<{ definition: Definitions[K]; pins?: Pins; compiled?: Compiled } | undefined>;
  /** Returns content items in these versions (by id); those that this process does not keep are read together. */
  content(versions: Readonly<Record<string, number>>): Promise<KnownItem[]>;
}

/** The writing side of the live rules. */
export interface LiveRules {
  read(): Promise<{ pointer: Pointer; snapshot: Snapshot }>;
  /**
   * Writes the successor of the live snapshot and moves the pointer to it. `change` is called again whenever another change came first, so it must
   * itself read (strongly consistent) everything that it puts in; its result has the next version. It returns undefined if there is nothing to
   * change.
   */
  change(now: EpochMs, change: (live: Snapshot) => Promise<Snapshot | undefined>): Promise<void>;
  /** An occurrence's messages are refused from now on; forgotten once none can come to the gate any more. */
  cancel(of: { campaign: string; id: string }, until: EpochMs, now: EpochMs): Promise<void>;
  /** Sets a pause, or lifts it (undefined); idempotent. Lifting one begins a new generation. `at`: when a person has resumed it. */
  setPause(what: Pausable, pause: Pause | undefined, at?: EpochMs): Promise<void>;
  /** The journey's pilots up to this version let everyone in; undefined: nothing is known of them any more. */
  continuePilots(journey: string, upTo: number | undefined): Promise<void>;
  /**
   * Sets the pause of an alert, unless there is a pause already or the generation is no longer `generation`. Returns whether the pause of this alert is
   * there: a repeat returns true.
   */
  pauseOnce(what: Pausable, pause: Pause, generation: number): Promise<boolean>;
}

/** The HTML, or the faults of the MJML. */
export type MjmlAnswer = { html: string } | { errors: { message: string; line?: number | undefined }[] };

export interface MjmlCompiler {
  /** Compiles MJML to HTML. Liquid stays unchanged. */
  compile(mjml: string): Promise<MjmlAnswer>;
}

/** The journeys' state machines. */
export interface Machines {
  /**
   * Idempotent by name. A machine of that name with another definition comes from an earlier publish that broke off: no run uses it yet, so it is
   * replaced.
   */
  create(name: string, definition: StateMachineDefinition): Promise<void>;
  /** Stops running executions: only for versions without runs. */
  remove(name: string): Promise<void>;
}

export interface DrawnCode {
  code: string;
  index: number;
  expiresAt?: EpochMs;
}

/** `drawn` includes redeemed and expired codes; `expired` = drawn, never redeemed, and out of date. */
export interface CouponCounts {
  left: number;
  drawn: number;
  redeemed: number;
  expired: number;
}

/** Codes of coupon pools. */
export interface CouponStore {
  /**
   * Draws a code for `drawId`. Every repeat and every concurrent call gets the same one; undefined: the pool is empty, for all of them. `expiresAt` =
   * now + `validForMs` of the first draw; `profile` is the recipient. @throws ReservedError while another executor draws it
   */
  draw(
    pool: string,
    drawId: string,
    now: EpochMs,
    validForMs?: number,
    profile?: ProfileKey,
  ): Promise<DrawnCode | undefined>;
  /**
   * Marks a code as redeemed; the first instant stays. Returns false if the pool has no such code, if it was redeemed at another instant, or if `mayRedeem`
   * refuses the profile that drew it (undefined: nobody did).
   */
  redeem(
    pool: string,
    code: string,
    at: EpochMs,
    mayRedeem?: (drawnBy: ProfileKey | undefined) => Promise<boolean>,
  ): Promise<boolean>;
  /** Returns how many codes may still be drawn, from the counter alone: codes that were redeemed without a draw are included. */
  undrawn(pool: string): Promise<number>;
  /** `index`: the one that the draw answered with the code; with it, the code need not be looked up. */
  redeemed(pool: string, code: string, index?: number): Promise<boolean>;
  /**
   * Adds codes at the end. Codes that the pool has already, or that occur twice, are counted as duplicates. `operation` names the request: codes that
   * an earlier try of it has added count as added by it.
   */
  addCodes(
    pool: string,
    codes: string[],
    now: EpochMs,
    operation?: string,
  ): Promise<{ added: number; duplicates: number }>;
  /** Returns exact counts by reading the pool's index: about one read unit for 40 codes. */
  counts(pool: string, now: EpochMs): Promise<CouponCounts>;
}

/** A secret as the API lists it. */
export interface SecretEntry {
  id: string;
  at: EpochMs;
  by: string;
}

/** Values for the headers of webhooks. */
export interface SecretStore {
  /** Puts a secret; every listed secret can be used. Returns whether there was none before. */
  put(entry: SecretEntry, value: string): Promise<{ created: boolean }>;
  has(id: string): Promise<boolean>;
  /** Returns the items in order, after `after`. */
  list(page: { limit: number; after?: string | undefined }): Promise<{ items: SecretEntry[]; next?: string }>;
  remove(id: string): Promise<void>;
  /** Only the role of the function that calls webhooks may read it. */
  value(id: string): Promise<string | undefined>;
}
