import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CouponStore } from '../../engine/definitions/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { couponKey, indexed, indexKey, indexOf } from './coupon-items.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Table } from './table.ts';

/** If adding a code broke off, the code may be added again after this time, which is longer than any request lasts. */
const ABANDONED_MS = 15 * 60_000;
const CONCURRENCY = 10;

/** `begun`: an earlier call broke off, and this one continues it. `placed`: an earlier try of this request has added the code. */
type Claimed = 'fresh' | 'begun' | 'placed' | 'duplicate';
interface Placed {
  code: string;
  index: number;
}

/** The request that adds codes; `operation` names it through all of its tries. */
interface Adding {
  pool: string;
  now: EpochMs;
  operation: string;
}

/** Adds codes to a pool; each once, whoever adds it beside. */
export const couponCodes = (coupons: Table): Pick<CouponStore, 'addCodes'> => ({
  async addCodes(
    pool: string,
    codes: string[],
    now: EpochMs,
    operation = newOperation(),
  ): Promise<{ added: number; duplicates: number }> {
    const asked = [...new Set(codes)];
    const adding = { pool, now, operation };
    const claimed = await mapWithConcurrency(CONCURRENCY, asked, (code) => claimCode(coupons, adding, code));
    const of = (...kinds: Claimed[]) => asked.filter((_, at) => kinds.includes(claimed[at] ?? 'duplicate'));
    // A call that broke off may already have put the code's index.
    const begun = of('begun');
    const there = begun.length > 0 ? await indexesOf(coupons, pool, new Set(begun)) : [];
    const placedBefore = new Set(there.map(({ code }) => code));
    const { placed, end } = await placeAll(
      coupons,
      pool,
      of('fresh', 'begun').filter((code) => !placedBefore.has(code)),
    );
    const all = [...there, ...placed];
    // The size is updated before the codes point at their indexes: a code that does is never added again, so it must be drawable.
    const size = all.reduce((most, one) => Math.max(most, one.index + 1), end);
    if (all.length > 0) await grow(coupons, pool, size);
    await mapWithConcurrency(CONCURRENCY, all, (one) => point(coupons, pool, one));
    const added = of('fresh', 'begun', 'placed').length;
    return { added, duplicates: codes.length - added };
  },
});

async function claimCode(coupons: Table, { pool, now, operation }: Adding, code: string): Promise<Claimed> {
  const key = couponKey(pool, `CODE#${code}`);
  if (await isConditionMet(coupons.put({ ...key, at: now, op: operation }, NOT_THERE))) return 'fresh';
  const there = await coupons.get(key);
  if (there?.op === operation) return there.index === undefined ? 'begun' : 'placed';
  // A code without an index was being added when somebody broke off: after a while it is added anew.
  const isTakenOver = await carriedOut(
    coupons.update(key, {
      set: { at: now, op: operation },
      when: expression`attribute_not_exists(#index) AND #at < ${now - ABANDONED_MS}`,
    }),
    async () => (await coupons.get(key))?.op === operation,
  );
  return isTakenOver ? 'begun' : 'duplicate';
}

async function indexesOf(coupons: Table, pool: string, codes: ReadonlySet<string>): Promise<Placed[]> {
  const found = new Map<string, number>();
  for await (const item of indexed(coupons, pool)) {
    const code = String(item.code);
    if (codes.has(code)) found.set(code, indexOf(item));
  }
  return [...found].map(([code, index]) => ({ code, index }));
}

/** One after the other and each at the first free index, so that there are no gaps. `end`: the first index that may be free then. */
async function placeAll(
  coupons: Table,
  pool: string,
  codes: readonly string[],
): Promise<{ placed: Placed[]; end: number }> {
  let index = Number((await coupons.get(couponKey(pool, 'HEAD')))?.size ?? 0);
  const placed: Placed[] = [];
  for (const code of codes) {
    while (!(await place(coupons, pool, { code, index }))) index += 1;
    placed.push({ code, index });
    index += 1;
  }
  return { placed, end: index };
}

/** Returns false if another code is at this index. Only the call that claimed a code places it, so that it is never at two indexes. */
function place(coupons: Table, pool: string, { code, index }: Placed): Promise<boolean> {
  const key = couponKey(pool, indexKey(index));
  return carriedOut(coupons.put({ ...key, code }, NOT_THERE), async () => (await coupons.get(key))?.code === code);
}

/** A pool only grows. */
async function grow(coupons: Table, pool: string, to: number): Promise<void> {
  const change = { set: { size: to }, when: expression`attribute_not_exists(#size) OR #size < ${to}` };
  await isConditionMet(coupons.update(couponKey(pool, 'HEAD'), change));
}

async function point(coupons: Table, pool: string, { code, index }: Placed): Promise<void> {
  await coupons.update(couponKey(pool, `CODE#${code}`), { set: { index } });
}
