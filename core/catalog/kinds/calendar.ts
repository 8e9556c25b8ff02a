import type { Issue } from '../../definitions/definition.ts';
import { type PlacedWindow, placedWindows } from '../../journeys/windows.ts';
import { type Calendar, CalendarSchema } from '../../policies/calendar.ts';
import type { CheckView, DefinitionKind } from '../kind.ts';
import { isNeverOpen } from './windows.ts';

export const calendars: DefinitionKind<'calendars'> = {
  kind: 'calendars',
  schema: CalendarSchema,
  live: true,
  check: (id, definition, view) => ({ errors: closedBy(id, definition, view), warnings: [] }),
  references: () => [],
  apply(rules, id, now) {
    const { [id]: _was, ...others } = rules.calendars ?? {};
    const calendars = now === undefined ? others : { ...others, [id]: now.definition };
    return { ...rules, calendars: Object.keys(calendars).length === 0 ? undefined : calendars };
  },
};

/** Live windows that name the calendar, and would never open by it any more. */
function closedBy(id: string, definition: Calendar, { live, now }: CheckView): Issue[] {
  const { settings, journeys } = live;
  const windows: [string, PlacedWindow][] = [
    ...(settings.window === 'none'
      ? []
      : [['settings', { path: '/window', window: settings.window }] satisfies [string, PlacedWindow]]),
    ...journeys.flatMap((journey) =>
      placedWindows(journey.definition).map((placed): [string, PlacedWindow] => [`journeys/${journey.id}`, placed]),
    ),
  ];
  const view = { calendar: () => definition, now };
  return windows
    .filter(([, { window }]) => window.calendar === id && isNeverOpen(window, [], view))
    .map(([of, { path }]) => ({ path: '/holidays', message: `closes all days of the window ${path} of ${of}` }));
}
