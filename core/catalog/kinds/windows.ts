import type { Channel } from '../../channels/registry.ts';
import type { Issue } from '../../definitions/definition.ts';
import type { Settings } from '../../definitions/settings.ts';
import type { Hours, OpenWindow } from '../../definitions/window.ts';
import type { Journey } from '../../journeys/schema.ts';
import { type PlacedWindow, placedWindows, windowAt } from '../../journeys/windows.ts';
import { type Calendar, coversYear } from '../../policies/calendar.ts';
import { floorsOf } from '../../policies/floors.ts';
import { type Limits, nextOpening } from '../../policies/opening.ts';
import { localDate, yearOf } from '../../time/local.ts';
import type { CheckView } from '../kind.ts';

/** Functions that journeys and settings share: whether messages can leave by their windows at all. */

type Calendars = Pick<CheckView, 'calendar' | 'now'>;

export interface Checked {
  errors: Issue[];
  warnings: Issue[];
}

/** Windows of a journey that never open, by themselves or within the floors of the channels that its messages go by. */
export function checkJourneyWindows(journey: Journey, view: CheckView): Checked {
  const closed = placedWindows(journey).filter(({ window }) => isNeverOpen(window, [], view));
  const closedAt = new Set(closed.map(({ path }) => path));
  const sends = Object.entries(journey.nodes).flatMap(([id, node]): [PlacedWindow, Channel[]][] => {
    const placed = windowAt(journey, id);
    if (node.type !== 'send' || placed === undefined || closedAt.has(placed.path)) return [];
    if (view.classOf(node.template) !== 'marketing') return [];
    return [[placed, node.channels ?? view.channelsOf(node.template) ?? []]];
  });
  const checked = sends.map(([placed, channels]) => withinFloors(placed, channels, view.live.settings, view));
  return {
    errors: [...closed.map(neverOpens), ...once(checked.flatMap(({ errors }) => errors))],
    warnings: once(checked.flatMap(({ warnings }) => warnings)),
  };
}

/** The same for the window of the settings, and their floors among themselves. */
export function checkSettingsWindows(settings: Settings, view: CheckView): Issue[] {
  const { floors, window } = settings;
  const disjoint = floors.flatMap(({ channel, country }, index) => {
    const isOpen = (upTo: number) =>
      isEverOpen({ floors: floorsOf({ floors: floors.slice(0, upTo) }, channel, country) }, view);
    return isOpen(index) && !isOpen(index + 1)
      ? [
          {
            path: `/floors/${index}/hours`,
            message: `has no hour in common with the floors before it of ${country} and ${channel}`,
          },
        ]
      : [];
  });
  if (window === 'none') return disjoint;
  const placed = { path: '/window', window };
  if (isNeverOpen(window, [], view)) return [...disjoint, neverOpens(placed)];
  return [...disjoint, ...withinFloors(placed, settings.channels, settings, view).errors];
}

/** A window whose calendar has no date of this year or the next. */
export const uncoveredYears = (windows: PlacedWindow[], { calendar, now }: Calendars): Issue[] =>
  windows.flatMap(({ path, window: { calendar: id } }) => {
    const known = id === undefined ? undefined : calendar(id);
    if (id === undefined || known === undefined) return [];
    const year = yearOf(localDate(now, 'UTC'));
    return [year, year + 1]
      .filter((one) => !coversYear(known, one))
      .map((one) => ({
        path: `${path}/calendar`,
        message: `calendar ${id} has no date of ${one}: until it has, the window goes by weekdays alone in that year`,
        until: { calendar: id, year: one },
      }));
  });

/** Most customers are in the settings' country: if its floors close every channel, this is refused, otherwise the channels are named. */
function withinFloors(
  { path, window }: PlacedWindow,
  channels: Channel[],
  settings: Settings,
  view: Calendars,
): Checked {
  const { country } = settings;
  const closed = channels.filter((channel) => isNeverOpen(window, floorsOf(settings, channel, country), view));
  if (closed.length === 0) return { errors: [], warnings: [] };
  const message = `never opens within the hours of ${country} for ${closed.join(' and ')} (floors of the settings)`;
  return closed.length === channels.length
    ? { errors: [{ path, message }], warnings: [] }
    : { errors: [], warnings: [{ path, message }] };
}

const neverOpens = ({ path }: PlacedWindow): Issue => ({
  path,
  message: 'never opens: its calendar closes all its days',
});

export function isNeverOpen(window: OpenWindow, floors: Hours[], view: Calendars): boolean {
  const calendar: Calendar | undefined = window.calendar === undefined ? undefined : view.calendar(window.calendar);
  return !isEverOpen({ window: { ...window, otherwise: 'defer' }, calendar, floors }, view);
}

/** Clocks that are changed do not matter here. */
const isEverOpen = (limits: Limits, { now }: Pick<Calendars, 'now'>): boolean =>
  !('never' in nextOpening(now, limits, 'UTC'));

const once = (issues: Issue[]): Issue[] => [
  ...new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue])).values(),
];
