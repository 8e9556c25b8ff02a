import { compress, decompress } from '../../core/compression.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { type CountedSends, readStoredSends, storedSends } from '../../core/profiles/counted-sends.ts';
import type { Consents } from '../../core/profiles/profile.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { MAX_HOPS } from '../../engine/profiles/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import type { ProfilePartition } from './profile-reads.ts';
import type { Table } from './table.ts';

/** Items of a profile that several writers change side by side, each under the item's own version. */
export interface SharedItems {
  CONSENT: Consents;
  '#SENDS': CountedSends;
}
export type SharedItem = keyof SharedItems;

const BODIES: {
  [Name in SharedItem]: { write(value: SharedItems[Name]): unknown; read(body: unknown): SharedItems[Name] };
} = {
  CONSENT: { write: compress, read: decompress<Consents> },
  '#SENDS': { write: storedSends, read: readStoredSends },
};
/** Returns the value of an item that was read; undefined: it holds none. */
export const sharedValue = <Name extends SharedItem>(
  sk: Name,
  item: Item | undefined,
): SharedItems[Name] | undefined => (item?.body === undefined ? undefined : BODIES[sk].read(item.body));

/** Puts what follows on `before`; false: it was changed or fenced meanwhile. */
export function putNext<Name extends SharedItem>(
  rows: Table,
  key: { pk: ProfileKey; sk: Name },
  before: Item | undefined,
  next: SharedItems[Name],
): Promise<boolean> {
  const v = (before?.v as number | undefined) ?? 0;
  return isConditionMet(
    rows.put(
      { ...key, v: v + 1, body: BODIES[key.sk].write(next) },
      before ? expression`#v = ${v} AND attribute_not_exists(#mergedInto)` : NOT_THERE,
    ),
  );
}

/**
 * Reads, changes and writes one shared item; follows merges. `known`: it was read already, and may be absent. `onMoved` is called with each profile
 * that it is written to in the place of a merged one.
 */
export async function changeShared<Name extends SharedItem>(
  rows: Table,
  { get, home }: ProfilePartition,
  key: { pk: ProfileKey; sk: Name },
  next: (now: SharedItems[Name] | undefined) => SharedItems[Name] | undefined,
  {
    known,
    onMoved,
  }: { known?: { item: Item | undefined } | undefined; onMoved?: (to: ProfileKey) => Promise<void> } = {},
): Promise<SharedItems[Name] | undefined> {
  const { sk } = key;
  let at = key.pk;
  return retryOnConflict<SharedItems[Name] | undefined>(
    async (attempt) => {
      const item = attempt === 0 && known !== undefined ? known.item : await get(at, sk);
      if (item?.mergedInto !== undefined) {
        // Go straight to the end of its merges, or at least past the profile that froze this item.
        const { key: end } = await home(at);
        at = end === at ? (item.mergedInto as ProfileKey) : end;
        await onMoved?.(at);
        return CONFLICT;
      }
      const now = sharedValue(sk, item);
      const then = next(now);
      if (then === undefined) return now;
      return (await putNext(rows, { pk: at, sk }, item, then)) ? then : CONFLICT;
    },
    () => new Error(`${sk} of ${key.pk} changed too often`),
    MAX_HOPS,
  );
}
