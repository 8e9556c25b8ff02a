import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';

/** Warnings about data that was accepted but could not be stored, or had no effect. */
export type WarningCode =
  | 'trait-not-kept'
  | 'group-not-kept'
  | 'consent-not-kept'
  | 'key-too-long'
  | 'code-too-long'
  | 'too-many-runs'
  | 'merge-refused';

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
