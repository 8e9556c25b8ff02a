import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';
import type { Head, Reference } from './definition.ts';

/** The part of the catalog that a check reads: the definitions that `references` name, and the ids of live ones. */
export interface CheckView {
  has(reference: Reference): boolean;
  /** Channels that the newest version of a template has content for. */
  channelsOf(template: string): Channel[] | undefined;
  /** Returns the class of a template's newest version. */
  classOf(template: string): 'marketing' | 'transactional' | undefined;
  /** Whether a secret of that id exists; only ids that `secrets` names are known. */
  hasSecret(id: string): boolean;
  /** Status of a journey's newest version; undefined: there is no such journey. */
  newestJourney(id: string): NewestJourney | undefined;
  /** Whether an event of that name ever arrived; only names that `events` returns are known. */
  hasArrived(event: string): boolean;
  /** The first variable of `coupon` without which a text of the template's newest version cannot be rendered; undefined: none. */
  couponIn(template: string): string | undefined;
  /** Warnings about the content of a template's newest version, given the settings. */
  templateWarnings(template: string): readonly string[];
  live: {
    journeys: readonly { id: string }[];
    archived: Readonly<Record<string, number>>;
    rules: readonly { kind: 'tag' | 'segment'; id: string }[];
  };
  now: EpochMs;
}

export interface NewestJourney {
  version: number;
  status: Head['status'];
  /** Number of the live version. */
  published?: number;
}
