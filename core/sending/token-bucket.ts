import type { EpochMs } from '../ids.ts';
import type { Priority } from '../messages/send-request.ts';

/** Most tokens, and most places in the line, that one sender takes at once; and of how many seconds. */
const MAX_LOT = 50;
const LOT_SECONDS = 0.5;
const MAX_PLACES = 200;
const PLACES_SECONDS = 2;
/** Room that is kept for `now`, beside that for the tokens of one second. */
const KEPT_SECONDS = 0.25;

/**
 * A bucket of tokens for `perSecond` messages a second, with room for those of one second, and some for `now` alone. It is kept as the instant by which all tokens that were
 * given away have come (`given`): the bucket is full if that has passed.
 */
export interface TokenBucket {
  room: number;
  keptForNow: number;
  /** Milliseconds in which a token comes. */
  tokenMs: number;
  /** Most tokens that one sender takes at once. */
  lot: number;
  /** Places in the line that it takes at once. */
  places: number;
}

export function tokenBucketOf(perSecond: number): TokenBucket {
  const keptForNow = Math.max(1, Math.floor(perSecond * KEPT_SECONDS));
  return {
    room: Math.max(1, Math.ceil(perSecond)) + keptForNow,
    keptForNow,
    tokenMs: 1000 / perSecond,
    lot: Math.min(MAX_LOT, Math.max(1, Math.floor(perSecond * LOT_SECONDS))),
    places: Math.min(MAX_PLACES, Math.max(1, Math.floor(perSecond * PLACES_SECONDS))),
  };
}

/** How far ahead of now the bucket may be given away to a priority: `bulk` leaves a part of it to `now`, which so never waits for it. */
export const limitMs = (priority: Priority, { room, keptForNow, tokenMs }: TokenBucket): number =>
  (room - (priority === 'bulk' ? keptForNow : 0)) * tokenMs;

/** Returns the tokens that a priority may take now. */
export const tokensFor = (priority: Priority, bucket: TokenBucket, given: EpochMs, now: EpochMs): number =>
  Math.floor((limitMs(priority, bucket) - Math.max(0, given - now)) / bucket.tokenMs);
