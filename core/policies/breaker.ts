import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';

/** A provider that fails is left alone until then; the next message after that probes it. It stands in the rules' pointer while it is not closed. */
export interface Breaker {
  channel: Channel;
  since: EpochMs;
  until: EpochMs;
  /** A message probes the provider; if its sender dies, another does after `until`. */
  probing?: boolean;
}
/** Breakers by the provider's name. */
export type Breakers = Record<string, Breaker>;

export const OPEN_MS = 30_000;
/** Failures and requests of the last minute are counted in slots. */
export const SLOT_MS = 10_000;
export const SLOTS = 6;
const LEAST_REQUESTS = 20;
export const MAX_FAILED = 0.5;

export interface Counts {
  requests: number;
  failures: number;
}
export const isFailing = ({ requests, failures }: Counts): boolean =>
  requests >= LEAST_REQUESTS && failures >= requests * MAX_FAILED;

/** Deferred messages come again a part of the time later that the breaker has been open: at each probe at first, then seldom. */
const SHARE_OF_TIME_OPEN = 0.25;
const LONGEST_MS = 15 * 60_000;

/** Returns the channels whose provider is left alone now, each with the instant at which a message that has no other one is evaluated again. */
export const brokenChannels = (breakers: Breakers = {}, now: EpochMs): Map<Channel, EpochMs> =>
  new Map(
    Object.values(breakers)
      .filter(({ until }) => until > now)
      .map(({ channel, since, until }) => [
        channel,
        Math.max(until, now + Math.min(LONGEST_MS, Math.floor((now - since) * SHARE_OF_TIME_OPEN))),
      ]),
  );

export function breakerState(channel: Channel, breakers: Breakers = {}, now: EpochMs): 'closed' | 'open' | 'half-open' {
  const breaker = Object.values(breakers).find((one) => one.channel === channel);
  if (breaker === undefined) return 'closed';
  return breaker.probing || breaker.until <= now ? 'half-open' : 'open';
}
