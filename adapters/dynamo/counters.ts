import type { Item } from './item.ts';

/**
 * Sums of money grow beyond the whole numbers that JavaScript has exactly: an order may bring anything. The SDK refuses to write such a number, and reads it
 * as a bigint, which no other number can be added to. Reports show it rounded.
 */
export const writtenCounts = (counts: Readonly<Record<string, number>>): Record<string, number | bigint> =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, Number.isSafeInteger(count) ? count : BigInt(count)]),
  );

export const countsIn = (item: Item): Record<string, number> =>
  Object.fromEntries(Object.entries(item).map(([name, count]) => [name, Number(count)]));
