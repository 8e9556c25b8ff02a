import type { Pausable, Pause } from '../definitions/pins.ts';
import { scopeOf } from '../messages/source.ts';
import type { Pointer } from './snapshot.ts';

/** The pause that the pointer has for it. */
export function pauseIn({ channels, journeys, campaigns = {} }: Pointer, what: Pausable): Pause | undefined {
  if ('channel' in what) return channels[what.channel];
  return 'journey' in what ? journeys[what.journey] : campaigns[what.campaign];
}

/** As generations are named: `channel:sms`, `journey:wake`, `campaign:spring`. */
export function pausableName(what: Pausable): string {
  if ('channel' in what) return `channel:${what.channel}`;
  return 'journey' in what ? scopeOf('journey', what.journey) : scopeOf('campaign', what.campaign);
}
