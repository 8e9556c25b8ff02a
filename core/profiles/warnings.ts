import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';

/** Warnings about data that was accepted but could not be stored, or had no effect. */
export const WARNINGS = {
  'trait-not-kept': 'a trait for which the profile has no room',
  'group-not-kept': 'a group, or its new traits, for which the profile has no room',
  'consent-not-kept': 'a consent topic for which the profile has no room',
  'key-too-long': 'an event that would have started a run under a key that is too long',
  'code-too-long': 'an event that would have redeemed a coupon code that is too long',
  'too-many-runs': 'an event that would have started a run for which the profile has no room',
  'merge-refused': 'two profiles that are too large to be merged',
};
export type WarningCode = keyof typeof WARNINGS;

/** Shown with the profile. */
export interface Warning {
  code: WarningCode;
  /** The subject: the trait, group, consent key, journey, coupon pool, or the id of the other profile. */
  about: string;
  /** Timestamp of the first event about it. */
  at: EpochMs;
}

/** Most warnings of a profile; the newest stay. */
const MAX_WARNINGS = 20;

/** Returns the same list if all are known. One warning stands for any number of events about the same subject. */
export function withWarnings(held: readonly Warning[] | undefined, added: readonly Warning[]): Warning[] {
  const all = [...(held ?? [])];
  for (const warning of added) {
    if (!all.some(({ code, about }) => code === warning.code && about === warning.about)) all.push(warning);
  }
  const newest = all.sort((a, b) => b.at - a.at || (a.about < b.about ? -1 : 1)).slice(0, MAX_WARNINGS);
  return held !== undefined && newest.length === held.length && newest.every((one, at) => one === held[at])
    ? (held as Warning[]) // nothing was added: the list itself, which nobody changes
    : newest;
}

export const warningOf = (code: WarningCode, about: string, event: Pick<CairnEvent, 'at'>): Warning => ({
  code,
  about,
  at: event.at,
});
