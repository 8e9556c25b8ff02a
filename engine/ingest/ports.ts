import type { EpochMs } from '../../core/ids.ts';

/** Data of a write key. The key itself is not stored. */
export interface WriteKey {
  id: string;
  kind: 'client' | 'server';
  name: string;
}

/** A write key as the API lists it. */
export interface ListedWriteKey extends WriteKey {
  at: EpochMs;
  by: string;
}

/** Write keys of clients. */
export interface WriteKeys {
  /** Returns the write key that a client sent, or undefined if it does not exist. */
  find(key: string): Promise<WriteKey | undefined>;
  /** Adds a key; a working key is always listed. A second key under the same id replaces the first. */
  add(key: string, entry: ListedWriteKey): Promise<void>;
  list(page: { limit: number; after?: string }): Promise<{ items: ListedWriteKey[]; next?: string }>;
  /** Returns false if there is no such key. */
  remove(id: string): Promise<boolean>;
}

/** Every event name of the last 400 days. */
export interface EventNames {
  /** Stores the names that this instance has not seen before. */
  note(names: readonly string[], now: EpochMs): Promise<void>;
  /** Returns the items in order, after `after`. */
  list(page: { limit: number; after?: string | undefined }): Promise<{ items: string[]; next?: string }>;
  has(name: string): Promise<boolean>;
}
