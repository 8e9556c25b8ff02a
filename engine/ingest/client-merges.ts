import type { Accepted } from '../../core/events/normalise.ts';
import { hashId } from '../../core/ids.ts';

/** Pairs remembered; beyond it all are forgotten, and counted once more. */
const MAX_PAIRS = 20_000;

/** A merge that a client key asks for, and the bucket that pays for it. */
export interface ClientMerge {
  index: number;
  pair: string;
  bucket: string;
}

/** Pairs of an anonymous profile and a user that a client key has merged: an SDK says the same at each `identify`, and only the first costs something. */
export function clientMerges() {
  const known = new Set<string>();

  return {
    /** Merges of a request that are new here, each once. */
    newOf(accepted: readonly Accepted[], key: { id: string; kind: 'client' | 'server' }): ClientMerge[] {
      if (key.kind !== 'client') return [];
      const found = new Map<string, ClientMerge>();
      for (const { index, profile, event } of accepted) {
        if (event.from === undefined) continue;
        const pair = hashId(key.id, profile, event.from.id);
        if (!known.has(pair) && !found.has(pair))
          found.set(pair, { index, pair, bucket: `merges ${key.id} ${profile}` });
      }
      return [...found.values()];
    },

    remember(merges: readonly ClientMerge[]): void {
      if (known.size + merges.length > MAX_PAIRS) known.clear();
      for (const { pair } of merges) known.add(pair);
    },
  };
}
