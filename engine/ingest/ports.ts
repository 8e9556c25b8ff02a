import type { EpochMs } from '../../core/ids.ts';

/** What is known of a write key; the key itself is kept nowhere. */
export interface WriteKey {
  id: string;
  kind: 'client' | 'server';
  name: string;
}

/** As the API lists it. */
export interface ListedWriteKey extends WriteKey {
  at: EpochMs;
  by: string;
}

/** Keys that clients write with. */
export interface WriteKeys {
  /** The key that a client showed; undefined when there is none such. */
  find(key: string): Promise<WriteKey | undefined>;
  /** A key that works is always listed. Added again under one id, the key before it is gone. */
  add(key: string, entry: ListedWriteKey): Promise<void>;
  list(page: { limit: number; after?: string }): Promise<{ items: ListedWriteKey[]; next?: string }>;
  /** False: there is no such key. */
  remove(id: string): Promise<boolean>;
}

/** Every name that an event has had within 400 days. */
export interface EventNames {
  /** Writes down those that this instance has not met. */
  note(names: readonly string[], now: EpochMs): Promise<void>;
  /** In order, after `after`. */
  list(page: { limit: number; after?: string | undefined }): Promise<{ items: string[]; next?: string }>;
  has(name: string): Promise<boolean>;
}
