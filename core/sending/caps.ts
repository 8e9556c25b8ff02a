import { type Cap, LONGEST_CAP } from '../definitions/limits.ts';
import type { EpochMs, MessageId } from '../ids.ts';
import type { CountedSend } from '../profiles/profile.ts';
import { durationMs } from '../time/duration.ts';
import { startOfLocalDay } from '../time/local.ts';

/** A cap, and the messages that it counts: all (absent) or those of one source. */
export interface ScopedCap {
  cap: Cap;
  source?: string;
}

/** Returns why one more message exceeds a cap; undefined: it does not. The day is that of the customer's timezone. */
export function overCap(
  caps: readonly ScopedCap[],
  send: CountedSend,
  sends: Readonly<Record<MessageId, CountedSend>>,
  timezone: string,
  now: EpochMs,
): 'daily-cap' | 'rolling-cap' | undefined {
  for (const { cap, source } of caps) {
    if (cap.topic !== undefined && cap.topic !== send.topic) continue;
    if (cap.channel !== undefined && cap.channel !== send.channel) continue;
    const counted = Object.values(sends).filter(
      (one) =>
        isSince(one.at, cap, timezone, now) &&
        (cap.topic === undefined || one.topic === cap.topic) &&
        (cap.channel === undefined || one.channel === cap.channel) &&
        (source === undefined || one.source === source),
    );
    if (counted.length >= cap.max) return 'per' in cap ? 'daily-cap' : 'rolling-cap';
  }
  return undefined;
}

/** `within W` covers (now − W, now]. */
const isSince = (at: EpochMs, cap: Cap, timezone: string, now: EpochMs): boolean =>
  'per' in cap ? at >= startOfLocalDay(now, timezone) : at > now - durationMs(cap.within);

/** Returns `sends` with this one, without those that no cap needs any more. */
export function counted(
  sends: Readonly<Record<MessageId, CountedSend>>,
  id: MessageId,
  send: CountedSend,
): Record<MessageId, CountedSend> {
  const kept = Object.entries(sends).filter(([, one]) => one.at > send.at - durationMs(LONGEST_CAP));
  return { ...Object.fromEntries(kept), [id]: send };
}
