import { expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import type { Table } from './table.ts';

/** Where the codes of a pool lie. */

export const couponKey = (pool: string, sk: string): Key => ({ pk: `coupons#${pool}`, sk });

const INDEX = 'IDX#';
/** One more than eight digits write. */
const MAX_INDEX = 1e8;
export const indexKey = (index: number): string => `${INDEX}${String(index).padStart(8, '0')}`;
export const indexOf = (item: Item): number => Number(String(item.sk).slice(INDEX.length));

/** All items of the index from `from` on, in order; `before`: those below it. */
export async function* indexed(
  coupons: Table,
  pool: string,
  { from = 0, before = MAX_INDEX }: { from?: number; before?: number } = {},
): AsyncGenerator<Item> {
  const { pk } = couponKey(pool, INDEX);
  let cursor: Item | undefined;
  if (from >= before) return;
  const key = expression`#pk = ${pk} AND #sk BETWEEN ${indexKey(from)} AND ${indexKey(before - 1)}`;
  do {
    const { items, next } = await coupons.query(key, {
      consistent: true,
      after: cursor,
    });
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}
