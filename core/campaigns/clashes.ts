import type { Channel } from '../channels/registry.ts';
import type { Cap } from '../definitions/caps.ts';
import type { EpochMs } from '../ids.ts';
import { type LocalDate, localDate } from '../time/local.ts';

/** A marketing message that is planned: an occurrence of a campaign, or a journey's schedule. */
export interface PlannedItem {
  at: EpochMs;
  /** The day on the customers' own calendars, where each gets it in their own timezone. Absent: that of `at`. */
  date?: LocalDate;
  id: string;
  kind: 'campaign' | 'journey';
  /** Those it may go by. */
  channels: readonly Channel[];
  /** Absent: everybody, or a condition that is no segment. */
  segment?: string;
}

/** A day on which the same people may be sent more than a daily cap lets through. Without `segment`, everybody. */
export interface Clash {
  day: LocalDate;
  ids: string[];
  segment?: string;
}

/**
 * Returns the clashes of items with the daily caps, soonest first. Items for everybody count for each segment too. An item counts for a cap on a channel if
 * it may go by that channel. Caps on a topic, rolling caps, and people who are in two segments are left to the gate, which counts what was really sent.
 * `timezone`: of the settings.
 */
export function clashesOf(items: readonly PlannedItem[], caps: readonly Cap[], timezone: string): Clash[] {
  const daily = caps.filter((cap) => 'per' in cap && cap.topic === undefined);
  const dayOf = ({ date, at }: PlannedItem): LocalDate => date ?? localDate(at, timezone);
  const days = Map.groupBy(
    items.toSorted((a, b) => a.at - b.at),
    dayOf,
  );
  return [...days]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([day, planned]) => clashesOfDay(planned, daily).map((clash) => ({ day, ...clash })));
}

function clashesOfDay(planned: readonly PlannedItem[], caps: readonly Cap[]): Omit<Clash, 'day'>[] {
  const ofEverybody = overCaps(
    planned.filter(({ segment }) => segment === undefined),
    caps,
  );
  const segments = [...new Set(planned.map(({ segment }) => segment))].filter((segment) => segment !== undefined);
  return [
    { over: ofEverybody },
    ...segments.sort().map((segment) => ({
      over: overCaps(
        planned.filter((item) => item.segment === undefined || item.segment === segment),
        caps,
      ),
      segment,
    })),
  ]
    .filter(({ over, ...of }) => over.some((item) => !('segment' in of) || item.segment === of.segment))
    .map(({ over, ...of }) => ({ ids: [...new Set(over.map(({ id }) => id))], ...of }));
}

/** Those that together exceed a cap, in order. */
function overCaps(planned: readonly PlannedItem[], caps: readonly Cap[]): PlannedItem[] {
  const over = new Set(
    caps.flatMap(({ max, channel }) => {
      const counted = planned.filter(({ channels }) => channel === undefined || channels.includes(channel));
      return counted.length > max ? counted : [];
    }),
  );
  return planned.filter((item) => over.has(item));
}
