import { CHANNELS, type Channel } from '../channels/registry.ts';
import type { SendRequest } from './send-request.ts';

/**
 * The sender that a message goes to first: that of the channel it went by before, or of the first that it may go by. Where neither is known any
 * sender will do: each hands a message on to the channel that the gate chooses.
 */
export const firstSender = (
  request: Pick<SendRequest, 'channels'>,
  channel?: Channel,
  [fallback]: readonly Channel[] = [],
): Channel => channel ?? request.channels?.[0] ?? fallback ?? CHANNELS[0];
