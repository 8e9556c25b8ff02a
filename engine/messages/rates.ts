import type { EpochMs } from '../../core/ids.ts';
import type { Priority } from '../../core/messages/send-request.ts';
import { limitMs, type TokenBucket, tokenBucketOf, tokensFor } from '../../core/sending/token-bucket.ts';
import type { Clock } from '../ports.ts';
import type { RateStore } from './ports.ts';

/** Tokens of `settings.rates`, which all senders of a provider share. Each sender takes them in lots. */
export interface Rates {
  /** Takes the token for one message. False: there is none now. */
  take(provider: string, priority: Priority, perSecond: number): Promise<boolean>;
  /** Gives a token back: its message was not handed over. */
  returnToken(provider: string, priority: Priority): void;
  /** Takes a place in the line of the messages that wait for a token, and returns when it comes. */
  lineUp(provider: string, priority: Priority, perSecond: number): Promise<EpochMs>;
}

/** A token is used within this time or given back with the next lot, so that one sender's tokens are not missed by others for long. */
const LOT_MS = 5_000;

export function rates(store: RateStore, clock: Clock, random: () => number): Rates {
  const priorities = new Map<string, SenderTokens>();
  const priorityOf = (provider: string, priority: Priority): SenderTokens => {
    const key = `${priority}#${provider}`;
    const known = priorities.get(key) ?? new SenderTokens({ store, clock, random }, provider, priority);
    priorities.set(key, known);
    return known;
  };
  return {
    take: (provider, priority, perSecond) => priorityOf(provider, priority).take(tokenBucketOf(perSecond)),
    returnToken: (provider, priority) => priorityOf(provider, priority).returnToken(),
    lineUp: (provider, priority, perSecond) => priorityOf(provider, priority).lineUp(tokenBucketOf(perSecond)),
  };
}

const NO_LOT = { left: 0, taken: 0, at: 0, until: 0 };

/** One sender's part in a priority of a provider. */
class SenderTokens {
  readonly #store: RateStore;
  readonly #provider: string;
  readonly #priority: Priority;
  readonly #clock: Clock;
  readonly #random: () => number;
  #lot = NO_LOT;
  /** As many tokens as were of use last time. */
  #useful = 1;
  /** There are too few tokens until then. */
  #emptyUntil: EpochMs = 0;
  #places = { left: 0, next: 0 };
  /** Messages of this sender that wait for an answer. */
  #waiting = 0;
  #asking: Promise<void> | undefined;
  #liningUp: Promise<void> | undefined;
  #lastAt: EpochMs = 0;

  constructor(
    { store, clock, random }: { store: RateStore; clock: Clock; random: () => number },
    provider: string,
    priority: Priority,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#provider = provider;
    this.#priority = priority;
  }

  async take(bucket: TokenBucket): Promise<boolean> {
    this.#waiting += 1;
    try {
      for (;;) {
        const now = this.#now();
        if (this.#lot.left > 0 && now < this.#lot.until) {
          this.#lot = { ...this.#lot, left: this.#lot.left - 1 };
          return true;
        }
        if (now < this.#emptyUntil) return false;
        this.#asking ??= this.#ask(bucket, now).finally(() => {
          this.#asking = undefined;
        });
        await this.#asking;
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  returnToken(): void {
    const { left, taken } = this.#lot;
    if (left < taken) this.#lot = { ...this.#lot, left: left + 1 };
  }

  async lineUp(bucket: TokenBucket): Promise<EpochMs> {
    for (;;) {
      const now = this.#now();
      const { left, next } = this.#places;
      if (left > 0 && next >= now) {
        this.#places = { left: left - 1, next: next + bucket.tokenMs };
        return next;
      }
      this.#liningUp ??= this.#takePlaces(bucket, now).finally(() => {
        this.#liningUp = undefined;
      });
      await this.#liningUp;
    }
  }

  /** A virtual clock may be set back: what was known then is of no use. */
  #now(): EpochMs {
    const now = this.#clock();
    if (now < this.#lastAt) {
      this.#lot = NO_LOT;
      this.#places = { left: 0, next: 0 };
      this.#emptyUntil = 0;
    }
    this.#lastAt = now;
    return now;
  }

  /** Takes a new lot, for which it gives back what is left of the last one, which nobody uses meanwhile. It is the only one at a time. */
  async #ask(bucket: TokenBucket, now: EpochMs): Promise<void> {
    const { left: unused, taken, at, until } = this.#lot;
    this.#lot = NO_LOT;
    if (taken > 0) this.#useful = unused === 0 && now < until ? taken * 2 : taken - unused;
    const wanted = Math.min(bucket.lot, Math.max(1, this.#useful, this.#waiting));
    const { at: given, fullAt } = (await this.#store.given(this.#provider)) ?? { at: 0, fullAt: 0 };
    const isFull = given <= now;
    // Tokens that came back by themselves, because nobody asked until the bucket was full, cannot be given back.
    const left = fullAt > at ? 0 : unused;
    const free = tokensFor(this.#priority, bucket, given - left * bucket.tokenMs, now);
    // A full bucket takes nothing back, and none more than is taken anew: the SDK may repeat a write whose answer was lost, which then would give back twice.
    const byMs = Math.max(0, wanted - (isFull ? 0 : left)) * bucket.tokenMs;
    const limit = now + limitMs(this.#priority, bucket) - byMs;
    // Fewer would take as many writes as all of them.
    if (free >= wanted && (await this.#store.give(this.#provider, byMs, { isFull, now, limit }))) {
      this.#lot = { left: wanted, taken: wanted, at: now, until: now + LOT_MS };
      return;
    }
    this.#lot = { left: isFull ? 0 : left, taken: 0, at, until: 0 };
    // Senders that have found too few do not all come again at once.
    this.#emptyUntil = now + (Math.max(1, wanted - free) + wanted * this.#random()) * bucket.tokenMs;
  }

  async #takePlaces(bucket: TokenBucket, now: EpochMs): Promise<void> {
    const length = bucket.places * bucket.tokenMs;
    const end = await this.#store.lengthen(this.#provider, this.#priority, length, now);
    this.#places = { left: bucket.places, next: end - length };
  }
}
