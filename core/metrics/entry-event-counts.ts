import type { EpochMs } from '../ids.ts';
import type { HourOfEvents } from '../policies/silence.ts';
import { HOUR_MS } from '../time/units.ts';
import { utcDay } from '../time/utc-day.ts';
import { hourCounts, ofHour } from './ingestion-hours.ts';
import type { Sum } from './metric-event.ts';

/** CloudWatch metric: journeys whose entry event has stopped coming, each once. */
export const SILENT_ENTRY_EVENTS = 'EntryEventsSilent';

/**
 * Counters of the events that start runs, by the hour of their arrival: `event:<name>` / `<UTC day>` {09:came …}. What has stopped coming is found by
 * them. Only what clients send is counted: Cairn's own events stop when sending does.
 */
const PREFIX = 'event:';
const CAME = 'came';
/** Longer than any silence is looked for. */
const KEPT_MS = 40 * 24 * HOUR_MS;

export const entryEventScope = (name: string): string => `${PREFIX}${name}`;

/** The event whose counters these are. */
export const entryEventOf = (scope: string): string | undefined =>
  scope.startsWith(PREFIX) ? scope.slice(PREFIX.length) : undefined;

export const entryEventSum = (name: string, count: number, at: EpochMs): Sum => ({
  scope: entryEventScope(name),
  day: utcDay(at),
  counts: { [ofHour(CAME, at)]: count },
  expiresAt: Math.floor((at + KEPT_MS) / 1000),
});

/** The hours in which it came, in order. */
export const hoursOf = (days: readonly { day: string; counts: Readonly<Record<string, number>> }[]): HourOfEvents[] =>
  days.flatMap(({ day, counts }) =>
    hourCounts(day, counts).map(({ hour, counts: its }) => ({
      at: Date.parse(`${hour}:00:00.000Z`),
      count: its[CAME] ?? 0,
    })),
  );
