import type { EpochMs } from '../ids.ts';

/** ISO 8601 in UTC with milliseconds. @throws RangeError outside the range of dates. */
export const iso = (ms: EpochMs): string => new Date(ms).toISOString();

const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Returns the epoch ms of an ISO 8601 date, or date and time, of the Gregorian calendar; undefined if the text is none. Without an offset or a time
 * it is read in UTC. Digits finer than a millisecond are cut off.
 */
export function parseInstant(text: string): EpochMs | undefined {
  // Most strings are no dates: this cheap check saves the regular expression.
  if (text[4] !== '-' || text[7] !== '-') return undefined;
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset = 'Z'] = found;
  const offsetMs = offsetOf(offset);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || offsetMs === undefined) return undefined;
  const midnight = utcMidnight(Number(year), Number(month), Number(day));
  if (midnight === undefined) return undefined;
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  return midnight + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)) - offsetMs;
}

function utcMidnight(year: number, month: number, day: number): EpochMs | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}

function offsetOf(text: string): number | undefined {
  if (text === 'Z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
