import type { EpochMs } from '../ids.ts';
import { DAY_MS } from '../time/units.ts';
import type { Occurrence } from './occurrence.ts';

/** That instant, or the first one whole days after it that is not before `from`: the same hour. */
export const sameHourFrom = (from: EpochMs, instant: EpochMs): EpochMs =>
  instant >= from ? instant : instant + Math.ceil((from - instant) / DAY_MS) * DAY_MS;

/**
 * Returns when the recipients of each instant are due in the occurrence's stage, soonest first. Where customers have it at their own time, those who
 * are left once a winner is found get it at the next such hour.
 */
export function dueInstants({
  instants = [],
  date,
  stage,
  winner,
}: Pick<Occurrence, 'instants' | 'date' | 'stage' | 'winner'>): { instant: EpochMs; due: EpochMs }[] {
  const from = date !== undefined && stage === 'rest' ? winner?.at : undefined;
  const next = (instant: EpochMs): EpochMs => (from === undefined ? instant : sameHourFrom(from, instant));
  return instants.map((instant) => ({ instant, due: next(instant) })).sort((a, b) => a.due - b.due);
}
