import { compress, decompress } from '../../core/compression.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { ProfilePartition } from './profile-reads.ts';
import type { Item, Table } from './table.ts';

/** Items of a profile that several writers change side by side, each under the item's own version. */
export type SharedItem = 'CONSENT' | '#SENDS';

/** Puts what follows on `before`; false: it was changed or fenced meanwhile. */
export function putNext(
  rows: Table,
  key: { pk: ProfileKey; sk: SharedItem },
  before: Item | undefined,
  next: unknown,
): Promise<boolean> {
  const v = (before?.v as number | undefined) ?? 0;
  return isConditionMet(
    rows.put(
      { ...key, v: v + 1, body: compress(next) },
      before ? expression`#v = ${v} AND attribute_not_exists(#mergedInto)` : NOT_THERE,
    ),
  );
}

/**
 * Reads, changes and writes one shared item; follows merges. `known`: it was read already, and may be absent. `onMoved` is called with each profile
 * that it is written to in the place of a merged one.
 */
export async function changeShared<Value>(
  rows: Table,
  { get, home }: ProfilePartition,
  key: { pk: ProfileKey; sk: SharedItem },
  next: (now: Value | undefined) => Value | undefined,
  {
    known,
    onMoved,
  }: { known?: { item: Item | undefined } | undefined; onMoved?: (to: ProfileKey) => Promise<void> } = {},
): Promise<Value | undefined> {
  const { sk } = key;
  let at = key.pk;
  for (let attempt = 0; attempt < MAX_HOPS; attempt += 1) {
    const item = attempt === 0 && known !== undefined ? known.item : await get(at, sk);
    if (item?.mergedInto !== undefined) {
      // Go straight to the end of its merges, or at least past the profile that froze this item.
      const { key: end } = await home(at);
      at = end === at ? (item.mergedInto as ProfileKey) : end;
      await onMoved?.(at);
      continue;
    }
    const now = item && decompress<Value>(item.body);
    const then = next(now);
    if (then === undefined) return now;
    if (await putNext(rows, { pk: at, sk }, item, then)) return then;
  }
  throw new Error(`${sk} of ${key.pk} changed too often`);
}
