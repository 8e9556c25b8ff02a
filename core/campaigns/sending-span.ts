import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';

/** People who are handed over at one instant. */
export interface Turn {
  due: EpochMs;
  /** How many are, up to the last one to whom a message leaves: whoever is refused takes a place of the throttle, too. */
  handedOver: number;
  /** Those to whom one leaves, by the channels. */
  people: ReadonlyMap<Channel, number>;
}

/** Limits of how fast people are handed over. */
export interface Pace {
  perMinute?: number | undefined;
  /** A second of each channel. */
  rates: Partial<Record<Channel, number>>;
}

/** Returns when the last one is handed over, at the throttle and the channels' rates. */
export function lastHandedOver(turns: readonly Turn[], pace: Pace): EpochMs | undefined {
  let end: EpochMs | undefined;
  for (const turn of turns.toSorted((a, b) => a.due - b.due))
    end = Math.max(end ?? turn.due, turn.due) + secondsFor(turn, pace) * 1_000;
  return end === undefined ? undefined : Math.round(end);
}

/** The first one leaves at once. */
function secondsFor({ handedOver, people }: Turn, { perMinute, rates }: Pace): number {
  const throttled = perMinute === undefined ? 0 : (Math.max(0, handedOver - 1) * 60) / perMinute;
  const byRate = [...people].map(([channel, count]) => {
    const rate = rates[channel];
    return rate === undefined ? 0 : Math.max(0, count - 1) / rate;
  });
  return Math.max(throttled, ...byRate);
}
