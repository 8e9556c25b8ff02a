import type { Refusal } from '../profiles/deps.ts';

/** Reasons why an entry without an event (a tag, a segment, a date, a schedule) never came. */
export const NEVER_CAME = [
  'has-already',
  'has-not',
  'not-added',
  'not-removed',
  'not-entered',
  'not-left',
  'no-trait',
  'no-date',
  'past',
  'later',
] as const;

const OF_ENTRIES = ['audience', 'reentry', 'open', 'paused', 'full'] as const satisfies readonly Refusal[];

/** All reasons of an item `refused` in a simulation's timeline. */
export const REFUSALS = [...OF_ENTRIES, 'where', 'key', ...NEVER_CAME] as const;
