import { calendarOf } from '../catalog/calendar-of.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { kindOf, type Target } from '../channels/registry.ts';
import type { Settings } from '../definitions/settings.ts';
import type { OpenWindow } from '../definitions/window.ts';
import type { EpochMs } from '../ids.ts';
import { type Source, sourceDefinitionOf } from '../messages/source.ts';
import { floorsOf } from '../policies/floors.ts';
import { type Limits, nextOpening, type Opening } from '../policies/opening.ts';
import { countryOf } from '../profiles/country.ts';
import type { Profile } from '../profiles/profile.ts';
import type { SendRules } from './send-rules.ts';

/** A marketing message, and the recipient whose hours it must keep. */
export interface TimedMessage {
  source: Source;
  /** The journey or campaign that sent it, in its version; undefined: none did. */
  definition: Pick<SendRules, 'window' | 'nodes'> | undefined;
  snapshot: Pick<Snapshot, 'settings' | 'calendars'>;
  profile: Profile | undefined;
  target: Target;
}

/** When the window of the message and the floors of the recipient's country let it leave. */
export const openingFor = (timed: TimedMessage, now: EpochMs): Opening =>
  nextOpening(now, limitsOf(timed), timezoneOf(timed));

/** The first instant at or after `at` at which they do, also where the window skips what comes outside it. Undefined: none. */
export function nextOpenInstant(timed: TimedMessage, at: EpochMs): EpochMs | undefined {
  const { window, ...others } = limitsOf(timed);
  const waiting = window && { ...window, otherwise: 'defer' as const };
  const opening = nextOpening(at, { ...others, window: waiting }, timezoneOf(timed));
  if ('open' in opening) return at;
  return 'at' in opening ? opening.at : undefined;
}

const timezoneOf = ({ profile, snapshot }: TimedMessage): string => profile?.timezone ?? snapshot.settings.timezone;

function limitsOf(timed: TimedMessage): Limits {
  const { snapshot, profile, target } = timed;
  const window = windowOf(timed);
  return {
    window,
    calendar: window?.calendar === undefined ? undefined : calendarOf(snapshot, window.calendar),
    floors: floorsOf(snapshot.settings, target.channel, countryOfTarget(target, profile, snapshot.settings)),
  };
}

/** The window of the nearest level that says one, of node, journey and settings; `none` is an answer too. */
export function windowOf({
  source,
  definition,
  snapshot,
}: Pick<TimedMessage, 'source' | 'definition' | 'snapshot'>): OpenWindow | undefined {
  const node = definition?.nodes[sourceDefinitionOf(source)?.node ?? ''];
  const ofNode = node?.type === 'send' ? node.window : undefined;
  const nearest = ofNode ?? definition?.window ?? snapshot.settings.window;
  return nearest === 'none' ? undefined : nearest;
}

/** Where the address is, if it says so; else where the customer is. */
function countryOfTarget(target: Target, profile: Profile | undefined, settings: Settings): string {
  const ofAddress = 'address' in target ? kindOf(target.channel).address.country?.(target.address) : undefined;
  return ofAddress ?? countryOf(profile, settings);
}
