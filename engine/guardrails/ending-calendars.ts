import type { NewAlert } from '../../core/alerts/alert.ts';
import { calendarOf } from '../../core/catalog/calendar-of.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { placedWindows } from '../../core/journeys/windows.ts';
import { coversYear } from '../../core/policies/calendar.ts';
import { addDays, daysBetween, yearOf } from '../../core/time/calendar.ts';
import { localDate } from '../../core/time/local.ts';

/** Governments publish the holidays of a year some weeks before it begins. */
const DAYS_BEFORE = 60;

type Named = Pick<Snapshot, 'settings' | 'journeys' | 'calendars'>;

/** An alert for each calendar that a live window names and that has no date of this year, or of one that begins within 60 days. */
export function alertsOfCalendars(snapshot: Named, now: EpochMs): NewAlert[] {
  const today = localDate(now, snapshot.settings.timezone);
  const years = [...new Set([yearOf(today), yearOf(addDays(today, DAYS_BEFORE))])];
  return namedCalendars(snapshot).flatMap((id) =>
    years
      .filter((year) => !coversYear(calendarOf(snapshot, id), year))
      .map((year) => ({
        id: hashId('calendar', id, year),
        at: now,
        kind: 'calendar',
        scope: 'calendar',
        scopeId: id,
        metric: 'days-left',
        value: Math.max(0, daysBetween(today, `${year}-01-01`)),
        threshold: DAYS_BEFORE,
        did: 'alerted',
        detail: `calendar ${id} has no date of ${year}: until it has, windows that name it go by weekdays alone in that year`,
      })),
  );
}

function namedCalendars({ settings, journeys }: Named): string[] {
  const windows = [
    ...(settings.window === 'none' ? [] : [settings.window]),
    ...journeys.flatMap(({ definition }) => placedWindows(definition).map(({ window }) => window)),
  ];
  return [...new Set(windows.flatMap(({ calendar }) => calendar ?? []))].sort();
}
