import { CHANNELS, type Channel } from '../../channels/registry.ts';
import { canonicalJson } from '../../definitions/canonical.ts';
import type { Issue, Reference } from '../../definitions/definition.ts';
import type { Settings } from '../../definitions/settings.ts';
import type { OpenWindow } from '../../definitions/window.ts';
import { floorsOf } from '../../policies/floors.ts';
import { calendarOf } from '../calendar-of.ts';
import type { CheckView } from '../kind.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Checked, isNeverOpen } from './windows.ts';

/** Most faults that are named: who changes the settings looks at the journeys anyway. */
const MAX_ISSUES = 20;

/** A `send` of a live journey, and what its window and the floors of the settings close of what they leave open now. */
interface ClosedSend {
  journey: string;
  node: string;
  template: string;
  /** Channels that the node names. */
  channels: Channel[] | undefined;
  /** Place in the settings of what closes them. */
  path: string;
  closes: Channel[];
  /** Those among them that stay closed. */
  closed: ReadonlySet<Channel>;
}

type Live = Pick<CheckView, 'live' | 'now'>;

/** Templates of which the check must know by which channels they go. */
export const templatesToClose = (settings: Settings, view: Live): Reference[] => [
  ...new Map(
    closedSends(settings, view).map(({ template: id }) => [id, { kind: 'templates', id } satisfies Reference]),
  ).values(),
];

/**
 * Live journeys with a message that could never leave any more by these settings. What is closed by those of now already, of an earlier version of
 * Cairn or another country, does not keep anybody from changing a setting.
 */
export function closedJourneys(settings: Settings, view: CheckView): Checked {
  const checked: Checked = { errors: [], warnings: [] };
  for (const { journey, node, template, path, closed, ...send } of closedSends(settings, view)) {
    if (view.classOf(template) !== 'marketing') continue;
    const channels = send.channels ?? view.channelsOf(template) ?? [];
    const closes = send.closes.filter((channel) => channels.includes(channel));
    if (closes.length === 0) continue;
    const message = `within the hours of ${settings.country}, the window of node ${node} of journeys/${journey} never opens for ${closes.join(' and ')}`;
    const issues: Issue[] = channels.every((channel) => closed.has(channel)) ? checked.errors : checked.warnings;
    if (issues.length < MAX_ISSUES) issues.push({ path, message });
  }
  return checked;
}

function closedSends(settings: Settings, { live, now }: Live): ClosedSend[] {
  const isClosed = closing(live, settings, now);
  const wasClosed = closing(live, live.settings, now);
  return live.journeys.flatMap(({ id: journey, definition }) =>
    Object.entries(definition.nodes).flatMap(([node, send]): ClosedSend[] => {
      if (send.type !== 'send') return [];
      const own = send.window ?? definition.window;
      const { template, channels } = send;
      const closed = (channels ?? CHANNELS).filter((channel) => isClosed(own ?? settings.window, channel));
      const closes = closed.filter((channel) => !wasClosed(own ?? live.settings.window, channel));
      const path = own === undefined ? '/window' : '/floors';
      return closes.length === 0 ? [] : [{ journey, node, template, channels, path, closes, closed: new Set(closed) }];
    }),
  );
}

/** Whether a window never opens within the floors of a channel in the settings' country. Each is asked once: journeys have few windows among them. */
function closing(
  live: Snapshot,
  settings: Settings,
  now: number,
): (window: OpenWindow | 'none', channel: Channel) => boolean {
  const known = new Map<string, boolean>();
  const floors = new Map(CHANNELS.map((channel) => [channel, floorsOf(settings, channel, settings.country)]));
  const view = { calendar: (id: string) => calendarOf(live, id), now };
  return (window, channel) => {
    const hours = floors.get(channel) ?? [];
    if (window === 'none' || hours.length === 0) return false;
    const key = `${channel} ${canonicalJson(window)}`;
    const is = known.get(key) ?? isNeverOpen(window, hours, view);
    known.set(key, is);
    return is;
  };
}
