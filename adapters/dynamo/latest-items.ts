import type { ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Cursor, Places } from '../../engine/ports.ts';

const CONCURRENCY = 4;

/**
 * Returns one list, newest first, of the items under all keys that a customer has had, from an index that projects keys only. `read` returns the
 * items of one key, newest first.
 */
export async function latestItems(
  keys: readonly ProfileKey[],
  { limit, cursor = {} }: { limit: number; cursor?: Places | undefined },
  read: (key: ProfileKey, from: Cursor | undefined) => Promise<{ items: Cursor[]; isLast: boolean }>,
  atOf: (item: Cursor) => number,
): Promise<{ items: Cursor[]; next?: Places }> {
  const unread = keys.filter((key) => cursor[key] !== null);
  const pages = await mapWithConcurrency(CONCURRENCY, unread, async (key) => ({
    key,
    ...(await read(key, cursor[key] ?? undefined)),
  }));
  const all = pages.flatMap(({ key, items }) => items.map((item) => ({ key, item })));
  const taken = all.toSorted((a, b) => atOf(b.item) - atOf(a.item)).slice(0, limit);
  const next = { ...cursor };
  for (const { key, items, isLast } of pages) {
    const own = taken.filter((one) => one.key === key);
    if (isLast && own.length === items.length) next[key] = null;
    // The index projects keys only, so an item is its own cursor.
    else if (own.length > 0) next[key] = own.at(-1)?.item ?? null;
  }
  const isRead = keys.every((key) => next[key] === null);
  return { items: taken.map(({ item }) => item), ...(isRead ? {} : { next }) };
}
