import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Cursor } from '../../engine/ports.ts';
import type { Wake, WakeKind, Wakes } from '../../engine/schedule/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';

/** There are few: they need no more than one shard of the index. */
const SHARD = '00';
/** Wakes that one instance remembers to have set. */
const MAX_KNOWN = 1_000;

/** Wakes, under `wake`: `<kind>#<id>` {at, body, dueShard, dueAt: when it is dispatched, at first its instant}. */
export function wakeStore(client: DynamoDBDocumentClient, table: string): Wakes {
  const rows = tableOf(client, table);
  const known = new Set<string>();
  return {
    async set({ kind, id, at, body }: Wake): Promise<void> {
      const key = keyOf(kind, id);
      if (known.has(key.sk)) return;
      // Refused: there is one, or was one at the time of an earlier try of this call.
      await isConditionMet(rows.put({ ...key, kind, id, at, body, dueShard: SHARD, dueAt: at }, NOT_THERE));
      if (known.size >= MAX_KNOWN) known.clear();
      known.add(key.sk);
    },

    async dueBefore(before: EpochMs, { limit, cursor }: { limit: number; cursor?: Cursor | undefined }) {
      const isDue = expression`#dueShard = ${SHARD} AND #dueAt < ${before}`;
      const { items, next } = await rows.query(isDue, { index: 'due', limit, after: cursor });
      const found = await rows.getAll(items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })));
      const wakes = found.map(
        ({ kind, id, at, body }): Wake => ({
          kind: kind as WakeKind, // as `set` wrote it
          id: String(id),
          at: Number(at),
          body: body as Wake['body'],
        }),
      );
      return { wakes, ...(next === undefined ? {} : { next }) };
    },

    async dispatched({ kind, id }: Wake, again: EpochMs): Promise<void> {
      // Refused: it has been done meanwhile.
      const change = { set: { dueAt: again }, when: expression`attribute_exists(#pk)` };
      await isConditionMet(rows.update(keyOf(kind, id), change));
    },

    done: (kind: WakeKind, id: string): Promise<void> => rows.delete(keyOf(kind, id)),
  };
}

const keyOf = (kind: WakeKind, id: string): Key => ({ pk: 'wake', sk: `${kind}#${id}` });
