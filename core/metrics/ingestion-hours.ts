import type { EpochMs } from '../ids.ts';
import { utcDay } from '../time/utc-day.ts';
import type { Sum } from './metric-event.ts';

type Counts = Record<string, number>;

/** Scope of the counters of ingestion. A day's item has each counter of the day, and of each hour: `accepted`, `09:accepted`. */
export const INGESTION = 'ingestion';

const HOUR = /^\d\d:/;
export const ofHour = (counter: string, at: EpochMs): string =>
  `${new Date(at).toISOString().slice(11, 13)}:${counter}`;

/** Returns the counters of the whole day. */
export const dayCounts = (counts: Readonly<Counts>): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => !HOUR.test(name)));

/** Returns the counters of each hour of that day in which something was counted, in order. */
export function hourCounts(day: string, counts: Readonly<Counts>): { hour: string; counts: Counts }[] {
  const hours = new Map<string, Counts>();
  for (const [name, count] of Object.entries(counts)) {
    if (!HOUR.test(name)) continue;
    const hour = `${day}T${name.slice(0, 2)}`;
    hours.set(hour, { ...hours.get(hour), [name.slice(3)]: count });
  }
  return [...hours].map(([hour, its]) => ({ hour, counts: its })).sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

/** Counts of what clients sent, by the day and the hour of its arrival. */
export const ingestionSum = (counts: Readonly<Counts>, at: EpochMs): Sum => ({
  scope: INGESTION,
  day: utcDay(at),
  counts: Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) => [
      [name, count],
      [ofHour(name, at), count],
    ]),
  ),
});
