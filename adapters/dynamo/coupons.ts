import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CouponCounts, CouponStore, Drawn } from '../../engine/definitions/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { couponCounter } from './coupon-counter.ts';
import { reservations } from './reservations.ts';

/** Most consecutive codes that were redeemed or given out by hand before they were drawn. */
const MAX_TRIES = 50;
/** A draw is remembered for longer than a run and what follows it can last (a year). */
const DRAW_TTL_SECONDS = 400 * 24 * 3600;
/** A draw that found the pool empty tries again after this time. */
const EMPTY_MS = 15 * 60_000;
/** If adding a code broke off, the code may be added again after this time, which is longer than any request lasts. */
const ABANDONED_MS = 15 * 60_000;

/** The counter has moved on, so a retry gets further. */
export class PoolContendedError extends Error {
  override readonly name = 'PoolContendedError';
}

/**
 * Codes of coupon pools, under `coupons#<pool>`:
 * `IDX#<n>` {code, by?, profile?, expiresAt?, redeemedAt?} without gaps from 0, `CODE#<code>` {index}, `DRAW#<draw id>`: the reservation of a draw
 * with {code, index, expiresAt?} as its value, `HEAD` {next, size}: how many indexes were given out, and a hint at the first that is free.
 * A death between the counter and the claim wastes a code (docs/decisions/0006-coupon-counter.md, 0019-draw-reservations.md).
 */
export function couponStore(client: DynamoDBDocumentClient, table: string): CouponStore {
  const { takeIndex } = couponCounter(client, table);
  const { decideOnce } = reservations(client, table);
  const key = (pool: string, sk: string) => ({ pk: `coupons#${pool}`, sk });

  async function read(pool: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(pool, sk), ConsistentRead: true }));
    return Item;
  }

  function put(pool: string, sk: string, attributes: Record<string, unknown>): Promise<boolean> {
    const Item = { ...key(pool, sk), ...attributes };
    return isConditionMet(
      client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
    );
  }

  /** A pool only grows. */
  async function grow(pool: string, to: number): Promise<void> {
    await isConditionMet(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(pool, 'HEAD'),
          UpdateExpression: 'SET #size = :to',
          ConditionExpression: 'attribute_not_exists(#size) OR #size < :to',
          ExpressionAttributeNames: { '#size': 'size' },
          ExpressionAttributeValues: { ':to': to },
        }),
      ),
    );
  }

  /** Claims the code at an index. Returns undefined if the code was redeemed or given out by hand before, or if the index is a gap. */
  async function claim(
    pool: string,
    index: number,
    drawId: string,
    expiresAt: EpochMs | undefined,
    profile: ProfileKey | undefined,
  ): Promise<string | undefined> {
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(pool, indexKey(index)),
          UpdateExpression: `SET #by = :draw${profile === undefined ? '' : ', profile = :profile'}${expiresAt === undefined ? '' : ', expiresAt = :expires'}`,
          // This draw already has the code: the response was lost, and the SDK repeats the call.
          ConditionExpression:
            'attribute_exists(pk) AND (attribute_not_exists(#by) OR #by = :draw) AND attribute_not_exists(redeemedAt)',
          ExpressionAttributeNames: { '#by': 'by' },
          ExpressionAttributeValues: {
            ':draw': drawId,
            ...(profile === undefined ? {} : { ':profile': profile }),
            ...(expiresAt === undefined ? {} : { ':expires': expiresAt }),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return String(Attributes?.code);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  /** Returns the next free code, or undefined if the pool is empty. */
  async function next(
    pool: string,
    drawId: string,
    expiresAt: EpochMs | undefined,
    profile: ProfileKey | undefined,
  ): Promise<Drawn | undefined> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const index = await takeIndex(pool);
      if (index === undefined) return undefined;
      const code = await claim(pool, index, drawId, expiresAt, profile);
      if (code !== undefined) return { code, index, ...(expiresAt === undefined ? {} : { expiresAt }) };
    }
    throw new PoolContendedError(`${MAX_TRIES} codes of ${pool} in a row were redeemed before they were drawn`);
  }

  /** Returns the code that an executor claimed for this draw before it died, if there is one. */
  async function claimedBy(pool: string, drawId: string): Promise<Drawn | undefined> {
    for await (const item of indexed(pool)) {
      if (item.by === drawId) return drawnOf({ ...item, index: Number(String(item.sk).slice('IDX#'.length)) });
    }
    return undefined;
  }

  return {
    async draw(
      pool: string,
      drawId: string,
      now: EpochMs,
      validForMs?: number,
      profile?: ProfileKey,
    ): Promise<Drawn | undefined> {
      const expiresAt = validForMs === undefined ? undefined : now + validForMs;
      const terms = { now, ttlSeconds: DRAW_TTL_SECONDS };
      const drawn = await decideOnce<Drawn | null>(key(pool, `DRAW#${drawId}`), terms, async (isSecond) => {
        const earlier = isSecond ? await claimedBy(pool, drawId) : undefined;
        const value = earlier ?? (await next(pool, drawId, expiresAt, profile));
        return value === undefined ? { value: null, until: now + EMPTY_MS } : { value };
      });
      return drawn ?? undefined;
    },

    async redeem(
      pool: string,
      code: string,
      at: EpochMs,
      mayRedeem?: (drawnBy: ProfileKey | undefined) => Promise<boolean>,
    ): Promise<boolean> {
      const index = (await read(pool, `CODE#${code}`))?.index;
      if (index === undefined) return false;
      if (mayRedeem !== undefined) {
        const drawn = await read(pool, indexKey(Number(index)));
        if (!(await mayRedeem(drawn?.profile as ProfileKey | undefined))) return false; // `claim` wrote it
      }
      return isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(pool, indexKey(Number(index))),
            UpdateExpression: 'SET redeemedAt = :at',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(redeemedAt)',
            ExpressionAttributeValues: { ':at': at },
          }),
        ),
      );
    },

    async undrawn(pool: string): Promise<number> {
      const head = await read(pool, 'HEAD');
      return Math.max(0, Number(head?.size ?? 0) - Number(head?.next ?? 0));
    },

    async redeemed(pool: string, code: string): Promise<boolean> {
      const index = (await read(pool, `CODE#${code}`))?.index;
      if (index === undefined) return false;
      return (await read(pool, indexKey(Number(index))))?.redeemedAt !== undefined;
    },

    async addCodes(
      pool: string,
      codes: string[],
      now: EpochMs,
      operation = newOperation(),
    ): Promise<{ added: number; duplicates: number }> {
      const asked = [...new Set(codes)];
      const claimed = await mapWithConcurrency(10, asked, (code) => claimCode(pool, code, now, operation));
      // A call that broke off may already have put the code's index.
      const there = claimed.includes('begun')
        ? await indexesOf(pool, new Set(asked.filter((_, at) => claimed[at] === 'begun')))
        : new Map<string, number>();
      const mine = asked.filter((_, at) => claimed[at] === 'fresh' || claimed[at] === 'begun');
      let index = Number((await read(pool, 'HEAD'))?.size ?? 0);
      const placed = [...there].map(([code, at]) => ({ code, index: at }));
      // One after another, each at the first free index, so that there are no gaps.
      for (const code of mine) {
        if (there.has(code)) continue;
        while (!(await place(pool, index, code))) index += 1;
        placed.push({ code, index });
        index += 1;
      }
      // The size is updated before the codes point at their indexes: a code that does is never added again, so it must be drawable.
      const size = placed.reduce((most, one) => Math.max(most, one.index + 1), index);
      if (placed.length > 0) await grow(pool, size);
      await mapWithConcurrency(10, placed, (one) => point(pool, one.code, one.index));
      const added = claimed.filter((claim) => claim !== 'duplicate').length;
      return { added, duplicates: codes.length - added };
    },

    async counts(pool: string, now: EpochMs): Promise<CouponCounts> {
      const counts: CouponCounts = { left: 0, drawn: 0, redeemed: 0, expired: 0 };
      for await (const item of indexed(pool)) count(counts, item, now);
      return counts;
    },
  };

  /** All items of the index, in order. */
  async function* indexed(pool: string): AsyncGenerator<Record<string, unknown>> {
    let cursor: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :idx)',
          ExpressionAttributeValues: { ':pk': `coupons#${pool}`, ':idx': 'IDX#' },
          ConsistentRead: true,
          ExclusiveStartKey: cursor,
        }),
      );
      yield* Items;
      cursor = LastEvaluatedKey;
    } while (cursor !== undefined);
  }

  async function indexesOf(pool: string, codes: Set<string>): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for await (const item of indexed(pool)) {
      const code = String(item.code);
      if (codes.has(code)) found.set(code, Number(String(item.sk).slice('IDX#'.length)));
    }
    return found;
  }

  /** `begun`: an earlier call broke off, and this one continues it. `placed`: an earlier try of this request has added the code. */
  async function claimCode(
    pool: string,
    code: string,
    now: EpochMs,
    operation: string,
  ): Promise<'fresh' | 'begun' | 'placed' | 'duplicate'> {
    if (await put(pool, `CODE#${code}`, { at: now, op: operation })) return 'fresh';
    const there = await read(pool, `CODE#${code}`);
    if (there?.op === operation) return there.index === undefined ? 'begun' : 'placed';
    return (await takeOver(pool, code, now, operation)) ? 'begun' : 'duplicate';
  }

  /** Returns false if another code is at this index. Only the call that claimed a code places it, so that it is never at two indexes. */
  function place(pool: string, index: number, code: string): Promise<boolean> {
    const Item = { ...key(pool, indexKey(index)), code };
    return carriedOut(
      client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
      async () => (await read(pool, indexKey(index)))?.code === code,
    );
  }

  /** A code without an index belongs to a call that broke off: after a while it is added again. */
  function takeOver(pool: string, code: string, now: EpochMs, operation: string): Promise<boolean> {
    return carriedOut(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(pool, `CODE#${code}`),
          UpdateExpression: 'SET #at = :now, #op = :op',
          ConditionExpression: 'attribute_not_exists(#index) AND #at < :abandoned',
          ExpressionAttributeNames: { '#at': 'at', '#index': 'index', '#op': 'op' },
          ExpressionAttributeValues: { ':now': now, ':abandoned': now - ABANDONED_MS, ':op': operation },
        }),
      ),
      async () => (await read(pool, `CODE#${code}`))?.op === operation,
    );
  }

  async function point(pool: string, code: string, index: number): Promise<void> {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: key(pool, `CODE#${code}`),
        UpdateExpression: 'SET #index = :index',
        ExpressionAttributeNames: { '#index': 'index' },
        ExpressionAttributeValues: { ':index': index },
      }),
    );
  }
}

const indexKey = (index: number): string => `IDX#${String(index).padStart(8, '0')}`;

function drawnOf(item: Record<string, unknown>): Drawn {
  return {
    code: String(item.code),
    index: Number(item.index),
    ...(item.expiresAt === undefined ? {} : { expiresAt: Number(item.expiresAt) }),
  };
}

function count(counts: CouponCounts, item: Record<string, unknown>, now: EpochMs): void {
  const { by, redeemedAt, expiresAt } = item;
  if (by === undefined && redeemedAt === undefined) counts.left += 1;
  if (by !== undefined) counts.drawn += 1;
  if (redeemedAt !== undefined) counts.redeemed += 1;
  else if (by !== undefined && expiresAt !== undefined && Number(expiresAt) <= now) counts.expired += 1;
}
