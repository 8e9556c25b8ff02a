import type { Channel } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';

const DAY_MS = 86_400_000;

/** People who are handed over at one instant, by the channels that they are sent by. */
export interface Turn {
  due: EpochMs;
  people: ReadonlyMap<Channel, number>;
}

/** What limits how fast people are handed over. */
export interface Pace {
  perMinute?: number | undefined;
  /** A second of each channel. */
  rates: Partial<Record<Channel, number>>;
  /** A winner's sample goes first; `afterMs` later the others go. `daily`: at the next such hour of their own. */
  sample?: { share: number; afterMs: number; daily: boolean } | undefined;
}

/** Returns when the last one is handed over, at the throttle and the channels' rates. What waits for a person to `continue` is not in it. */
export function lastHandedOver(turns: readonly Turn[], { sample, ...pace }: Pace): EpochMs | undefined {
  if (sample === undefined) return endOf(turns, pace);
  const sampled = endOf(shareOf(turns, sample.share), pace);
  if (sampled === undefined) return undefined;
  const decided = sampled + sample.afterMs;
  const next = (due: EpochMs): EpochMs => {
    if (due >= decided) return due;
    return sample.daily ? due + Math.ceil((decided - due) / DAY_MS) * DAY_MS : decided;
  };
  const rest = shareOf(turns, 1 - sample.share).map(({ due, people }) => ({ due: next(due), people }));
  return endOf(rest, pace);
}

function endOf(turns: readonly Turn[], pace: Omit<Pace, 'sample'>): EpochMs | undefined {
  let end: EpochMs | undefined;
  for (const { due, people } of turns.toSorted((a, b) => a.due - b.due))
    end = Math.max(end ?? due, due) + secondsFor(people, pace) * 1_000;
  return end === undefined ? undefined : Math.round(end);
}

/** The first one leaves at once. */
function secondsFor(people: Turn['people'], { perMinute, rates }: Omit<Pace, 'sample'>): number {
  const all = [...people.values()].reduce((sum, count) => sum + count, 0);
  const throttled = perMinute === undefined ? 0 : (Math.max(0, all - 1) * 60) / perMinute;
  const byRate = [...people].map(([channel, count]) => {
    const rate = rates[channel];
    return rate === undefined ? 0 : Math.max(0, count - 1) / rate;
  });
  return Math.max(throttled, ...byRate);
}

const shareOf = (turns: readonly Turn[], share: number): Turn[] =>
  turns.map(({ due, people }) => ({
    due,
    people: new Map([...people].map(([channel, count]) => [channel, count * share])),
  }));
