import { type Calendar, NO_CALENDAR } from '../policies/calendar.ts';
import { builtInVersion } from './built-in.ts';
import type { Snapshot } from './snapshot.ts';

/** A calendar as it is live. Of one that was deleted, which a run of an older version may still name, only weekdays count. */
export const calendarOf = ({ calendars = {} }: Pick<Snapshot, 'calendars'>, id: string): Calendar =>
  (Object.hasOwn(calendars, id) ? calendars[id] : builtInVersion('calendars', id)?.definition) ?? NO_CALENDAR;
