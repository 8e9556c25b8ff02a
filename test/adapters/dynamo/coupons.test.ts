import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { couponStore } from '../../../adapters/dynamo/coupons.ts';
import { LEASE_MS, ReservedError } from '../../../engine/runs/ports.ts';
import { Invocation, Killed } from '../../protocols/faults.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const DAY = 24 * 3600_000;

let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

const store = () => couponStore(client, TABLES.catalog);
/** Sort key of the item that a call writes. */
const keyWritten = (input: unknown): string[] => {
  const { Item, Key, UpdateExpression } = input as {
    Item?: { sk: string };
    Key?: { sk: string };
    UpdateExpression?: string;
  };
  return [...(Item === undefined ? [] : [Item.sk]), ...(Key && UpdateExpression !== undefined ? [Key.sk] : [])];
};
const codes = (prefix: string, n: number) => Array.from({ length: n }, (_, index) => `${prefix}${index}`);

describe('coupon pools', () => {
  test('a repeated draw gives the same code with the same end of validity', async () => {
    const pool = store();
    await pool.addCodes('repeat', ['A', 'B'], NOW);
    const first = await pool.draw('repeat', 'run-1', NOW, 7 * DAY);
    const again = await pool.draw('repeat', 'run-1', NOW + DAY, 7 * DAY);
    expect(first).toEqual({ code: 'A', index: 0, expiresAt: NOW + 7 * DAY });
    expect(again).toEqual(first);
    expect(await pool.draw('repeat', 'run-2', NOW)).toEqual({ code: 'B', index: 1 });
    expect(await pool.draw('repeat', 'run-3', NOW)).toBeUndefined();
  });

  test('draws at the same time never share a code', async () => {
    const pool = store();
    await pool.addCodes('race', codes('R', 40), NOW);
    const drawn = await Promise.all(codes('run-', 40).map((draw) => pool.draw('race', draw, NOW)));
    expect(new Set(drawn.map((one) => one?.code)).size).toBe(40);
    expect(await pool.counts('race', NOW)).toEqual({ left: 0, drawn: 40, redeemed: 0, expired: 0 });
  });

  test('draws at the same time share the counter’s calls, and leave nothing when there are fewer codes than draws', async () => {
    const pool = store();
    await pool.addCodes('few', codes('F', 45), NOW);
    await pool.draw('few', 'run-first', NOW);
    const updates = vi.spyOn(client, 'send');
    const drawn = await Promise.all(codes('run-', 50).map((draw) => pool.draw('few', draw, NOW)));
    const counted = updates.mock.calls.filter(([{ input }]) => (input as { Key?: { sk: string } }).Key?.sk === 'HEAD');
    updates.mockRestore();
    expect(new Set(drawn.map((one) => one?.code).filter((code) => code !== undefined)).size).toBe(44);
    expect(counted.length).toBeLessThan(25);
    await pool.addCodes('few', ['L'], NOW);
    expect(await pool.draw('few', 'run-last', NOW)).toEqual({ code: 'L', index: 45 });
  });

  test('of the same draw carried out by several at the same time, one takes a code, and the others take nothing', async () => {
    const pool = store();
    await pool.addCodes('twice', codes('T', 10), NOW);
    const drawn = await Promise.allSettled(Array.from({ length: 4 }, () => store().draw('twice', 'run-1', NOW)));
    const refused = drawn.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    const codesDrawn = drawn.flatMap((one) => (one.status === 'fulfilled' ? [one.value?.code] : []));
    expect(new Set(codesDrawn)).toEqual(new Set(['T0']));
    for (const reason of refused) expect(reason).toBeInstanceOf(ReservedError);
    expect(await pool.draw('twice', 'run-1', NOW)).toEqual({ code: 'T0', index: 0 });
    expect(await pool.draw('twice', 'run-2', NOW)).toEqual({ code: 'T1', index: 1 });
  });

  test('a draw makes two writes beside the counter’s, and a repeat of it only asks', async () => {
    const pool = store();
    await pool.addCodes('cheap', ['A', 'B'], NOW);
    const send = vi.spyOn(client, 'send');
    const written = () => send.mock.calls.flatMap(([{ input }]) => keyWritten(input));
    const drawn = await pool.draw('cheap', 'run-1', NOW);
    expect(written()).toEqual(['DRAW#run-1', 'HEAD', 'IDX#00000000']);
    send.mockClear();
    // Within the first's lease, and after it; by an executor that has never read the counter, too.
    for (const at of [NOW, NOW + LEASE_MS])
      for (const again of [pool, store()]) expect(await again.draw('cheap', 'run-1', at)).toEqual(drawn);
    // Refused by its condition: a write unit, and nothing is written.
    expect(written()).toEqual(Array.from({ length: 4 }, () => 'DRAW#run-1'));
    send.mockRestore();
  });

  test('a repeat of a draw looks for its code from where the counter stood before it', async () => {
    const pool = store();
    await pool.addCodes('long', codes('L', 12), NOW);
    for (const draw of codes('run-', 10)) await pool.draw('long', draw, NOW);
    const drawn = await pool.draw('long', 'run-late', NOW);
    const send = vi.spyOn(client, 'send');
    expect(await store().draw('long', 'run-late', NOW + 1)).toEqual(drawn);
    const queries = send.mock.calls.map(([{ input }]) => JSON.stringify(input)).filter((text) => text.includes('IDX#'));
    send.mockRestore();
    expect(queries).toHaveLength(1);
    expect(queries[0]).toContain('IDX#00000010');
  });

  test('a code that was redeemed before it was drawn is passed over, without another write of the draw', async () => {
    const pool = store();
    await pool.addCodes('taken', ['A', 'B'], NOW);
    await pool.redeem('taken', 'A', NOW);
    expect(await pool.draw('taken', 'run-1', NOW)).toEqual({ code: 'B', index: 1 });
    expect(await store().draw('taken', 'run-1', NOW + LEASE_MS)).toEqual({ code: 'B', index: 1 });
  });

  test('a draw from an empty pool is one decision too, which is made anew after a while', async () => {
    const pool = store();
    await pool.addCodes('late', ['A'], NOW);
    await pool.draw('late', 'run-1', NOW);
    expect(await pool.draw('late', 'run-2', NOW)).toBeUndefined();
    await pool.addCodes('late', ['B'], NOW);
    expect(await pool.draw('late', 'run-2', NOW + 60_000)).toBeUndefined();
    expect(await pool.draw('late', 'run-2', NOW + DAY)).toEqual({ code: 'B', index: 1 });
  });

  test('a draw killed at any call gives, when repeated after its lease, one code that nobody else has', async () => {
    for (let killAt = 1; killAt <= 6; killAt += 1) {
      for (const carriedOut of [false, true]) {
        const pool = `killed-${killAt}-${carriedOut}`;
        await store().addCodes(pool, ['A', 'B', 'C'], NOW);
        const dying = couponStore(new Invocation({ kill: { at: killAt, carriedOut } }).client(client), TABLES.catalog);
        await dying.draw(pool, 'run-1', NOW).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        const other = await store().draw(pool, 'run-2', NOW);
        const mine = await store().draw(pool, 'run-1', NOW + LEASE_MS);
        expect(mine).toBeDefined();
        expect(mine?.code).not.toBe(other?.code);
        expect(await store().draw(pool, 'run-1', NOW + LEASE_MS)).toEqual(mine);
        // Only between the counter and the claim does an index have no owner.
        const wasted = killAt === 3 && carriedOut ? 1 : killAt === 4 && !carriedOut ? 1 : 0;
        expect(await store().undrawn(pool)).toBe(1 - wasted);
      }
    }
  });

  test('a draw one of whose answers is lost, so that the SDK asks again, takes one code', async () => {
    for (let twiceAt = 1; twiceAt <= 4; twiceAt += 1) {
      const pool = `lost-${twiceAt}`;
      await store().addCodes(pool, ['A', 'B'], NOW);
      const unlucky = couponStore(new Invocation({ twiceAt }).client(client), TABLES.catalog);
      expect(await unlucky.draw(pool, 'run-1', NOW)).toEqual({ code: 'A', index: 0 });
      expect(await store().undrawn(pool)).toBe(1);
    }
  });

  test('codes that the pool has, or that come twice, are counted as duplicates', async () => {
    const pool = store();
    expect(await pool.addCodes('dup', ['A', 'B', 'A'], NOW)).toEqual({ added: 2, duplicates: 1 });
    expect(await pool.addCodes('dup', ['B', 'C'], NOW)).toEqual({ added: 1, duplicates: 1 });
    expect(await pool.counts('dup', NOW)).toMatchObject({ left: 3 });
  });

  test('two batches added at the same time are both drawn to the last code', async () => {
    const pool = store();
    await Promise.all([pool.addCodes('both', codes('X', 15), NOW), pool.addCodes('both', codes('Y', 15), NOW)]);
    const drawn = new Set<string | undefined>();
    for (const draw of codes('run-', 30)) drawn.add((await pool.draw('both', draw, NOW))?.code);
    expect(drawn.has(undefined)).toBe(false);
    expect(drawn.size).toBe(30);
  });

  test('an adding that was killed can be made again later and loses no code', async () => {
    for (let killAt = 1; killAt <= 9; killAt += 1) {
      const pool = `adding-${killAt}`;
      const dying = couponStore(
        new Invocation({ kill: { at: killAt, carriedOut: false } }).client(client),
        TABLES.catalog,
      );
      await dying.addCodes(pool, ['A', 'B'], NOW).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      await store().addCodes(pool, ['A', 'B'], NOW + 3600_000);
      const drawn = [await store().draw(pool, '1', NOW), await store().draw(pool, '2', NOW)].map((one) => one?.code);
      expect(drawn.sort()).toEqual(['A', 'B']);
    }
  });

  test('a code is redeemed once, and counted as expired when it was not', async () => {
    const pool = store();
    await pool.addCodes('spent', ['A', 'B', 'C'], NOW);
    await pool.draw('spent', '1', NOW, DAY);
    await pool.draw('spent', '2', NOW, DAY);
    expect(await pool.redeemed('spent', 'A')).toBe(false);
    expect(await pool.redeem('spent', 'A', NOW + 5)).toBe(true);
    expect(await pool.redeem('spent', 'A', NOW + 6)).toBe(false);
    expect(await pool.redeem('spent', 'nonsense', NOW)).toBe(false);
    expect(await pool.redeemed('spent', 'A')).toBe(true);
    expect(await pool.counts('spent', NOW + DAY - 1)).toEqual({ left: 1, drawn: 2, redeemed: 1, expired: 0 });
    expect(await pool.counts('spent', NOW + DAY)).toEqual({ left: 1, drawn: 2, redeemed: 1, expired: 1 });
  });
});
