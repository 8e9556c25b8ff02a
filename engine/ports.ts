import type { EpochMs, ProfileKey } from '../core/ids.ts';

/** Ports that use cases of several areas need; those of one area are in its own `ports.ts`. Adapters and the runtime implement them. */

/** Now, in epoch ms. It is passed to everything that needs the time; the embedded cloud's virtual clock replaces `Date`. */
export type Clock = () => EpochMs;

/**
 * Grows from call to call on one machine, even within a millisecond or while a virtual clock stands still. In microseconds since an arbitrary
 * instant.
 */
export type Sequence = () => number;

/** Structured JSON log lines. Write profile keys and entry ids, never addresses, bodies or tokens. */
export type Log = Record<
  'debug' | 'info' | 'warn' | 'error',
  (message: string, fields?: Record<string, unknown>) => void
>;

export interface Outgoing {
  /** Becomes JSON. */
  body: unknown;
  /** FIFO: the message group, which keeps its order. */
  group?: string;
  /** FIFO: SQS drops a second message with the same deduplication id within 5 minutes. */
  dedup?: string;
  /** 0–900. Standard queues only. */
  delaySeconds?: number;
}

/**
 * A queue to send to. `send` resolves once every message is on the queue: it retries partial failures, and throws if a message still fails. A message
 * that is retried is never overtaken by the next one of its group.
 */
export interface Queue {
  send(messages: Outgoing[]): Promise<void>;
}

/** Cursor of a list; only its store reads it. */
export type Cursor = Record<string, unknown>;

/** Cursor under each key; null: that key has been read to its end. */
export type Places = Record<ProfileKey, Cursor | null>;
