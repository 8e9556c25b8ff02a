import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';
import type { Pause, Pins } from './pins.ts';

/** `/v1/<kind>`, and first part of the partition key in Catalog. */
export type Kind =
  | 'tags'
  | 'segments'
  | 'templates'
  | 'journeys'
  | 'campaigns'
  | 'coupon-pools'
  | 'computed-traits'
  | 'lists'
  | 'calendars'
  | 'content'
  | 'goals'
  | 'settings';

/** `path` is a JSON pointer into the definition. */
export interface Issue {
  path: string;
  message: string;
  /**
   * A warning is settled once such an event has arrived, that definition exists, that calendar has a date of that year, or there is content of that
   * kind.
   */
  until?: { event: string } | { content: string } | Reference | { calendar: string; year: number };
}

/** Another definition that a definition references. */
export interface Reference {
  kind: Kind;
  id: string;
}

/** HTML that was compiled of a template's markup at PUT, by channel. */
export interface Compiled {
  content?: CompiledContent;
  /** Contents by locale. */
  translations?: Record<string, CompiledContent>;
}
export type CompiledContent = Partial<Record<Channel, string>>;

/**
 * Status of the newest version. An `archived` version keeps the status when its successor is live. Kinds without a lifecycle are always `published`.
 */
export type Status =
  | 'draft'
  | 'submitted'
  | 'approved'
  | 'published'
  | 'paused'
  | 'archived'
  // Only a published campaign has these.
  | 'scheduled'
  | 'running'
  | 'resting'
  | 'done'
  | 'cancelled';

/** Kinds that take effect by a lifecycle: PUT makes a draft, `publish` makes it live. */
export const LIFECYCLE_KINDS = ['journeys', 'campaigns'] as const satisfies Kind[];
export type LifecycleName = (typeof LIFECYCLE_KINDS)[number];
export const hasLifecycle = (kind: Kind): kind is LifecycleName => LIFECYCLE_KINDS.some((one) => one === kind);

/** The one mutable item of a definition; every write is conditional on `rev`. */
export interface Head {
  rev: number;
  /** Number of the newest version; numbers ascend, a crashed write or a discarded draft may leave a gap. */
  latest: number;
  /** Hash of the newest version's definition: identical content makes no version. */
  hash: string;
  /** Status of the newest version. A pause is stored beside it, in `paused`. */
  status: 'draft' | 'submitted' | 'approved' | 'published' | 'archived';
  /** Number of the live version. */
  published?: number;
  paused?: Pause;
  /** Approver of the newest version. */
  approver?: string;
  /** The newest rejection, until it is submitted again. */
  rejected?: { by: string; at: EpochMs; comment: string; version: number };
  /** Newest templates and journeys at `submit`. */
  pins?: Pins;
  /** Warnings of the newest version at its `submit`; absent: those of its PUT apply. */
  warnings?: Issue[];
  /** Authors of the versions since the last published one: none of them may approve. */
  authors: string[];
  /** Highest version that was live when it was archived. */
  archivedUpTo?: number;
  /** When that was. */
  archivedAt?: EpochMs;
  /** A campaign was cancelled for good. */
  cancelled?: true;
  deleted?: boolean;
  /** Of a deleted journey, as long as its versions may have state machines: from then on they may be removed. */
  removeMachinesAfter?: EpochMs;
}
