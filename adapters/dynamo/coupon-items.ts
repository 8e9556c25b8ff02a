import { expression } from './expressions.ts';
import type { Item, Key, Table } from './table.ts';

/** Where the codes of a pool lie. */

export const couponKey = (pool: string, sk: string): Key => ({ pk: `coupons#${pool}`, sk });

const INDEX = 'IDX#';
export const indexKey = (index: number): string => `${INDEX}${String(index).padStart(8, '0')}`;
export const indexOf = (item: Item): number => Number(String(item.sk).slice(INDEX.length));

/** All items of the index, in order. */
export async function* indexed(coupons: Table, pool: string): AsyncGenerator<Item> {
  const { pk, sk } = couponKey(pool, INDEX);
  let cursor: Item | undefined;
  do {
    const { items, next } = await coupons.query(expression`#pk = ${pk} AND begins_with(#sk, ${sk})`, {
      consistent: true,
      after: cursor,
    });
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}
