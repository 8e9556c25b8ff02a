import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { CouponStore, DrawnCode } from '../../engine/definitions/ports.ts';
import { unlessRefused } from './conditional-write.ts';
import { couponCounter } from './coupon-counter.ts';
import { couponKey, indexed, indexKey, indexOf } from './coupon-items.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { reservations } from './reservations.ts';
import { type Table, tableOf } from './table.ts';

/** Most consecutive codes that were redeemed or given out by hand before they were drawn. */
const MAX_ATTEMPTS = 50;
/** A draw is remembered for longer than a run and what follows it can last (a year). */
const DRAW_TTL_SECONDS = 400 * 24 * 3600;
/** A draw that found the pool empty tries again after this time. */
const EMPTY_MS = 15 * 60_000;

/** The counter has moved on, so a retry gets further. */
export class PoolContendedError extends Error {
  override readonly name = 'PoolContendedError';
}

/** Data with which a code is claimed. */
interface Draw {
  pool: string;
  id: string;
  expiresAt: EpochMs | undefined;
  profile: ProfileKey | undefined;
}

/** Draws a code once for each draw, however often it is asked for. */
export function couponDraws(client: DynamoDBDocumentClient, table: string): Pick<CouponStore, 'draw'> {
  const coupons = tableOf(client, table);
  const { takeIndex, lowestIndex } = couponCounter(client, table);
  const { decideOnce } = reservations(client, table);

  /** Returns the next free code, or undefined if the pool is empty. */
  const next = (draw: Draw): Promise<DrawnCode | undefined> =>
    retryOnConflict<DrawnCode | undefined>(
      async () => {
        const index = await takeIndex(draw.pool);
        if (index === undefined) return undefined;
        const code = await claim(coupons, index, draw);
        if (code === undefined) return CONFLICT;
        return { code, index, ...(draw.expiresAt === undefined ? {} : { expiresAt: draw.expiresAt }) };
      },
      () =>
        new PoolContendedError(`${MAX_ATTEMPTS} codes of ${draw.pool} in a row were redeemed before they were drawn`),
      MAX_ATTEMPTS,
    );

  return {
    async draw(
      pool: string,
      drawId: string,
      now: EpochMs,
      validForMs?: number,
      profile?: ProfileKey,
    ): Promise<DrawnCode | undefined> {
      const expiresAt = validForMs === undefined ? undefined : now + validForMs;
      const key = couponKey(pool, `DRAW#${drawId}`);
      const terms = { now, ttlSeconds: DRAW_TTL_SECONDS, note: await lowestIndex(pool) };
      const decide = async () => {
        const value = await next({ pool, id: drawId, expiresAt, profile });
        return value === undefined ? { value: null, until: now + EMPTY_MS } : { value, isKept: true as const };
      };
      // The claimed code names the draw, so a draw that found one costs no second write of its own item.
      const claimed = (from: unknown) => claimedBy(coupons, pool, drawId, Number(from ?? 0));
      return (await decideOnce<DrawnCode | null>(key, terms, decide, claimed)) ?? undefined;
    },
  };
}

/** Claims the code at an index. Returns undefined if the code was redeemed or given out by hand before, or if the index is a gap. */
async function claim(coupons: Table, index: number, draw: Draw): Promise<string | undefined> {
  // This draw already has the code: the response was lost, and the SDK repeats the call.
  const isMine = expression`(attribute_not_exists(#by) OR #by = ${draw.id})`;
  const change = {
    set: { by: draw.id, profile: draw.profile, expiresAt: draw.expiresAt },
    when: expression`attribute_exists(#pk) AND ${isMine} AND attribute_not_exists(#redeemedAt)`,
  };
  const item = await unlessRefused(coupons.update(couponKey(draw.pool, indexKey(index)), change, 'ALL_NEW'));
  return item && String(item.code);
}

/** Returns the code that an executor has claimed for this draw, at `from` or later, if there is one. Only a repeat of a draw asks. */
async function claimedBy(coupons: Table, pool: string, drawId: string, from: number): Promise<DrawnCode | undefined> {
  const head = await coupons.get(couponKey(pool, 'HEAD'));
  for await (const item of indexed(coupons, pool, { from, before: Number(head?.next ?? 0) })) {
    if (item.by === drawId) return drawnOf({ ...item, index: indexOf(item) });
  }
  return undefined;
}

function drawnOf(item: Item): DrawnCode {
  return {
    code: String(item.code),
    index: Number(item.index),
    ...(item.expiresAt === undefined ? {} : { expiresAt: Number(item.expiresAt) }),
  };
}
