import type { Cap } from '../definitions/caps.ts';
import type { EpochMs } from '../ids.ts';
import type { CountedSend, CountedSends, SendKey } from '../profiles/counted-sends.ts';
import { durationMs } from '../time/duration.ts';
import { endOfLocalDay } from '../time/local.ts';

/** A cap, and the messages that it counts: all (no `source`), those of one definition, or those of one of its nodes. */
export interface ScopedCap {
  cap: Cap;
  source?: string;
  node?: string;
}

/** A cap, how many messages count towards it, and from when on it lets one more through; absent: it does so now. */
export interface CapUse {
  cap: Cap;
  used: number;
  freesAt?: EpochMs;
}

/** Returns how far each cap is used. `timezone`: where the customer is now. */
export function capUse(
  caps: readonly ScopedCap[],
  sends: Readonly<CountedSends>,
  timezone: string,
  now: EpochMs,
): CapUse[] {
  const all = Object.values(sends);
  return caps.map((scoped) => {
    const { cap } = scoped;
    const ends = all
      .filter((send) => isInScope(scoped, send))
      .map((send) => countsUntil(cap, send, timezone, now))
      .filter((end) => end > now)
      .sort((a, b) => a - b);
    const freesAt = ends[ends.length - cap.max];
    return { cap, used: ends.length, ...(freesAt === undefined ? {} : { freesAt }) };
  });
}

/** Returns why one more message exceeds a cap; undefined: it does not. */
export function exceededCap(
  caps: readonly ScopedCap[],
  send: Pick<CountedSend, 'channel' | 'topic'>,
  sends: Readonly<CountedSends>,
  timezone: string,
  now: EpochMs,
): 'daily-cap' | 'rolling-cap' | undefined {
  const full = capUse(capsOn(caps, send), sends, timezone, now).find(({ freesAt }) => freesAt !== undefined);
  if (full === undefined) return undefined;
  return 'per' in full.cap ? 'daily-cap' : 'rolling-cap';
}

/** The caps that a message by that channel on that topic counts towards. */
export const capsOn = (caps: readonly ScopedCap[], send: Pick<CountedSend, 'channel' | 'topic'>): ScopedCap[] =>
  caps.filter(
    ({ cap }) =>
      (cap.topic === undefined || cap.topic === send.topic) &&
      (cap.channel === undefined || cap.channel === send.channel),
  );

const isInScope = ({ cap, source, node }: ScopedCap, send: CountedSend): boolean =>
  send.isUncapped !== true &&
  (cap.topic === undefined || send.topic === cap.topic) &&
  (cap.channel === undefined || send.channel === cap.channel) &&
  (source === undefined || send.source === source) &&
  (node === undefined || send.node === node);

/**
 * Returns the first instant at which a send no longer counts. `within W` covers (now − W, now]. A day has ended once it has ended both where the
 * message was counted and where the customer is now: whoever travels gets no third message on one date of either place.
 */
function countsUntil(cap: Cap, { at, zone }: CountedSend, timezone: string, now: EpochMs): EpochMs {
  if (!('per' in cap)) return at + durationMs(cap.within);
  if (at < now - MAX_DAY_MS) return now;
  return Math.max(endOfLocalDay(at, timezone), endOfLocalDay(at, zone ?? timezone));
}
/** No local day is longer, also where a zone crosses the date line. Spares the calendar for what is older. */
const MAX_DAY_MS = durationMs('50h');

/**
 * Whether a message that was counted before, as `own`, need not be counted again to be sent now: by the same channel, and either not later or, where
 * only daily caps count it, on the same day in both zones.
 */
export function countsAlike(own: CountedSend, send: CountedSend, caps: readonly ScopedCap[]): boolean {
  if (own.channel !== send.channel) return false;
  if (own.at >= send.at) return true;
  const zones = [own.zone, send.zone].filter((zone) => zone !== undefined);
  return (
    caps.every(({ cap }) => 'per' in cap) &&
    zones.every((zone) => endOfLocalDay(own.at, zone) === endOfLocalDay(send.at, zone))
  );
}

/** Returns `sends` with this one, without those that are older than `keptMs`. */
export function withSend(sends: Readonly<CountedSends>, key: SendKey, send: CountedSend, keptMs: number): CountedSends {
  const kept = Object.entries(sends).filter(([, one]) => one.at > send.at - keptMs);
  return { ...Object.fromEntries(kept), [key]: send };
}
