import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { CouponCounts, CouponStore } from '../../engine/definitions/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { couponCodes } from './coupon-codes.ts';
import { couponDraws } from './coupon-draws.ts';
import { couponKey, indexed, indexKey } from './coupon-items.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { type Table, tableOf } from './table.ts';

/**
 * Codes of coupon pools, under `coupons#<pool>`:
 * `IDX#<n>` {code, by?, profile?, expiresAt?, redeemedAt?} without gaps from 0, where `by` is the draw that has the code, `CODE#<code>` {index},
 * `DRAW#<draw id>`: the reservation of a draw, with the counter before it as its note, `HEAD` {next, size}: how many indexes were given out, and a
 * hint at the first that is free. A death between the counter and the claim wastes a code (docs/decisions/0006-coupon-counter.md,
 * 0019-draw-reservations.md, 0094-fewer-units-a-run.md).
 */
export function couponStore(client: DynamoDBDocumentClient, table: string): CouponStore {
  const coupons = tableOf(client, table);
  return {
    ...couponDraws(client, table),
    ...couponCodes(coupons),
    ...couponRedemptions(coupons),
    ...couponCounts(coupons),
  };
}

const couponRedemptions = (coupons: Table): Pick<CouponStore, 'redeem' | 'redeemed'> => ({
  async redeem(
    pool: string,
    code: string,
    at: EpochMs,
    mayRedeem?: (drawnBy: ProfileKey | undefined) => Promise<boolean>,
  ): Promise<boolean> {
    const key = await placeOf(coupons, pool, code);
    if (key === undefined) return false;
    if (mayRedeem !== undefined) {
      const drawn = await coupons.get(key);
      if (!(await mayRedeem(drawn?.profile as ProfileKey | undefined))) return false; // a draw wrote it
    }
    const when = expression`attribute_exists(#pk) AND attribute_not_exists(#redeemedAt)`;
    if (await isConditionMet(coupons.update(key, { set: { redeemedAt: at }, when }))) return true;
    // A repeat finds its own.
    return (await coupons.get(key))?.redeemedAt === at;
  },

  async redeemed(pool: string, code: string, index?: number): Promise<boolean> {
    const key = index === undefined ? await placeOf(coupons, pool, code) : couponKey(pool, indexKey(index));
    return key !== undefined && (await coupons.get(key))?.redeemedAt !== undefined;
  },
});

async function placeOf(coupons: Table, pool: string, code: string) {
  const index = (await coupons.get(couponKey(pool, `CODE#${code}`)))?.index;
  return index === undefined ? undefined : couponKey(pool, indexKey(Number(index)));
}

const couponCounts = (coupons: Table): Pick<CouponStore, 'undrawn' | 'counts'> => ({
  async undrawn(pool: string): Promise<number> {
    const head = await coupons.get(couponKey(pool, 'HEAD'));
    return Math.max(0, Number(head?.size ?? 0) - Number(head?.next ?? 0));
  },

  async counts(pool: string, now: EpochMs): Promise<CouponCounts> {
    const counts: CouponCounts = { left: 0, drawn: 0, redeemed: 0, expired: 0 };
    for await (const item of indexed(coupons, pool)) count(counts, item, now);
    return counts;
  },
});

function count(counts: CouponCounts, item: Item, now: EpochMs): void {
  const { by, redeemedAt, expiresAt } = item;
  if (by === undefined && redeemedAt === undefined) counts.left += 1;
  if (by !== undefined) counts.drawn += 1;
  if (redeemedAt !== undefined) counts.redeemed += 1;
  else if (by !== undefined && expiresAt !== undefined && Number(expiresAt) <= now) counts.expired += 1;
}
