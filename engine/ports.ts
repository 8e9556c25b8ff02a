import type { EpochMs, ProfileKey } from '../core/ids.ts';

/** What use cases of every area ask for; what one area alone asks for is in its own `ports.ts`. Adapters and the runtime provide them. */

/** Now, in epoch ms. Passed to whatever needs the time; the embedded cloud's virtual clock stands behind `Date`. */
export type Clock = () => EpochMs;

/** Grows from call to call on one machine, also within a millisecond and while a virtual clock stands still: microseconds from no particular instant. */
export type Sequence = () => number;

/** Structured JSON log lines. Write profile keys and entry ids, never addresses, bodies or tokens. */
export type Log = Record<
  'debug' | 'info' | 'warn' | 'error',
  (message: string, fields?: Record<string, unknown>) => void
>;

export interface Outgoing {
  /** Becomes JSON. */
  body: unknown;
  /** FIFO: the group, in whose order it stays. */
  group?: string;
  /** FIFO: SQS swallows a second message with the same within 5 minutes. */
  dedup?: string;
  /** 0–900. Standard queues only. */
  delaySeconds?: number;
}

/**
 * A queue to send to. `send` resolves once every message is on the queue: partial failures are retried, what still fails throws. Of one group, a
 * retried message is never overtaken by the next.
 */
export interface Queue {
  send(messages: Outgoing[]): Promise<void>;
}

/** Where a list goes on, as its store gave it: nobody else looks into it. */
export type Cursor = Record<string, unknown>;

/** Where a list goes on under each key; null: that one is read. */
export type Places = Record<ProfileKey, Cursor | null>;
