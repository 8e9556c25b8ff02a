import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels.ts';
import type { Compiled, Head, Kind } from '../../core/definitions/definition.ts';
import type { Pause, Pins } from '../../core/definitions/pins.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { StateMachineDefinition } from '../../statemachines/compile.ts';

/** Definitions as the API writes them: versions are put first, then the head moves under a condition on its `rev`. */
export interface DefinitionStore {
  /** Strongly consistent. A deleted definition still has its head, for its numbers go on. */
  head(kind: Kind, id: string): Promise<Head | undefined>;
  version<K extends Kind>(kind: K, id: string, n: number): Promise<Version<K> | undefined>;
  /** All versions that were written, newest first. */
  versions<K extends Kind>(
    kind: K,
    id: string,
    page: { limit: number; before?: number },
  ): Promise<(Version<K> & { n: number })[]>;
  /** Ids of a kind in order, a page at a time, from the index (on AWS a moment behind). */
  list(
    kind: Kind,
    page: { limit: number; after?: string },
  ): Promise<{ items: { id: string; head: Head }[]; next?: string }>;
  /** False: that number is taken. */
  putVersion(kind: Kind, id: string, n: number, version: Omit<Version, 'pins'>): Promise<boolean>;
  /** Takes back a version that no head ever named. */
  removeVersion(kind: Kind, id: string, n: number): Promise<void>;
  /** Moves the head; false when its `rev` is no longer `expected` (undefined: there was none). */
  commitHead(kind: Kind, id: string, expected: number | undefined, next: Head): Promise<boolean>;
  /** Writes the pins that a journey's version is published with; `rev` is the head's at which they were read: an older publisher is refused. */
  pinVersion(id: string, n: number, pins: Pins, rev: number): Promise<boolean>;
}

/** A copy of the pointer that is older is read again. What is then read is the newest there is, also where a restored catalog is behind. */
export interface Freshness {
  /** Of the snapshot that something was evaluated by before. */
  version?: number | undefined;
  /** The pointer was read then or later. */
  since?: EpochMs | undefined;
}

/** The live rules and immutable versions, as functions read them. */
export interface CatalogStore {
  /** The live rules and the pauses beside them, not older than asked for. */
  snapshot(freshness?: Freshness): Promise<{ snapshot: Snapshot; pointer: Pointer }>;
  /** One immutable version; undefined where it never was. */
  version<K extends Kind>(
    kind: K,
    id: string,
    n: number,
  ): Promise<{ definition: Definitions[K]; pins?: Pins; compiled?: Compiled } | undefined>;
}

/** The writing side of the live rules. */
export interface LiveRules {
  read(): Promise<{ pointer: Pointer; snapshot: Snapshot }>;
  /**
   * Writes the successor of the live snapshot and moves the pointer to it. `change` is called anew whenever somebody else's came first, so it
   * must read what it puts in (strongly consistent) itself; what it gives has the next version. Undefined: all is as it should be.
   */
  change(now: EpochMs, change: (live: Snapshot) => Promise<Snapshot | undefined>): Promise<void>;
  /** Sets or (undefined) lifts a pause; idempotent. */
  setPause(what: { channel: Channel } | { journey: string }, pause: Pause | undefined): Promise<void>;
}

/** HTML, or what is wrong with the MJML. */
export type MjmlAnswer = { html: string } | { errors: { message: string; line?: number | undefined }[] };

export interface MjmlCompiler {
  /** MJML → HTML. Liquid passes through. */
  compile(mjml: string): Promise<MjmlAnswer>;
}

/** The journeys' state machines. */
export interface Machines {
  /** Idempotent by name. One of that name with another definition is of an earlier, broken-off publish: nothing runs on it yet, so it is replaced. */
  create(name: string, definition: StateMachineDefinition): Promise<void>;
  /** Ends running executions: only for versions that nobody walks any more. */
  remove(name: string): Promise<void>;
}

export interface Drawn {
  code: string;
  index: number;
  expiresAt?: EpochMs;
}

/** `drawn` includes the redeemed and the expired; `expired` = drawn, never redeemed, out of date. */
export interface CouponCounts {
  left: number;
  drawn: number;
  redeemed: number;
  expired: number;
}

/** Codes of coupon pools. */
export interface CouponStore {
  /**
   * A code for `drawId`, the same at every repeat and for whoever asks at the same time; undefined: the pool is empty, and was for all of them.
   * `expiresAt` = now + `validForMs` of the first draw; `profile`: whom it is for. @throws ReservedError while another draws it
   */
  draw(
    pool: string,
    drawId: string,
    now: EpochMs,
    validForMs?: number,
    profile?: ProfileKey,
  ): Promise<Drawn | undefined>;
  /**
   * Marks a code as redeemed; the first instant stays. False: no such code in the pool, redeemed before, or not `mayRedeem` by the profile that
   * drew it (undefined: nobody did).
   */
  redeem(
    pool: string,
    code: string,
    at: EpochMs,
    mayRedeem?: (drawnBy: ProfileKey | undefined) => Promise<boolean>,
  ): Promise<boolean>;
  /** How many may still be drawn, by the counter alone: those that were redeemed undrawn are among them. */
  undrawn(pool: string): Promise<number>;
  redeemed(pool: string, code: string): Promise<boolean>;
  /**
   * Adds codes at the end; those that the pool has already, or that come twice, are counted as duplicates. `operation` names the request: what
   * an earlier try of it has added is added by it.
   */
  addCodes(
    pool: string,
    codes: string[],
    now: EpochMs,
    operation?: string,
  ): Promise<{ added: number; duplicates: number }>;
  /** Exact, by reading the pool's index: one read unit for some 40 codes. */
  counts(pool: string, now: EpochMs): Promise<CouponCounts>;
}

/** A secret as it is shown. */
export interface SecretEntry {
  id: string;
  at: EpochMs;
  by: string;
}

/** Values for the headers of webhooks. */
export interface SecretStore {
  /** What is listed can be used. Answers whether there was none. */
  put(entry: SecretEntry, value: string): Promise<{ created: boolean }>;
  has(id: string): Promise<boolean>;
  /** In order, after `after`. */
  list(page: { limit: number; after?: string | undefined }): Promise<{ items: SecretEntry[]; next?: string }>;
  remove(id: string): Promise<void>;
  /** No role may read it but that of the function that calls webhooks. */
  value(id: string): Promise<string | undefined>;
}
