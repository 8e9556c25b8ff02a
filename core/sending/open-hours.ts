import { calendarOf } from '../catalog/calendar-of.ts';
import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';
import { nextOpening } from '../policies/opening.ts';
import { type TimedMessage, windowOf } from './send-hours.ts';

/**
 * Whether a message by one of these channels (absent: by any) is in its window, and in the floors of every country, at a place with this timezone: no
 * customer there has to wait. It needs no more than the rules.
 */
export function areHoursOpen(
  {
    channels,
    ...sent
  }: Pick<TimedMessage, 'source' | 'definition' | 'snapshot'> & { channels?: Channel[] | undefined },
  timezone: string,
  now: EpochMs,
): boolean {
  const window = windowOf(sent);
  const calendar = window?.calendar === undefined ? undefined : calendarOf(sent.snapshot, window.calendar);
  const floors = sent.snapshot.settings.floors
    .filter(({ channel }) => channels?.includes(channel) ?? true)
    .map(({ hours }) => hours);
  return 'open' in nextOpening(now, { window, calendar, floors }, timezone);
}
