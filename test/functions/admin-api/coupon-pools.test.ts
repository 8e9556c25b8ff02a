import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let stop: () => Promise<void>;
beforeAll(async () => {
  const tables = await startTables();
  stop = tables.stop;
  api = harness(tables.client);
});
beforeEach(() => {
  api.clock.now = NOW;
});
afterAll(() => stop());

describe('coupon pools', () => {
  test('take codes, count duplicates and show what is left', async () => {
    expect((await api.call('POST', '/v1/coupon-pools/none/codes', { body: { codes: ['A'] } })).status).toBe(404);
    await api.call('PUT', '/v1/coupon-pools/fifty', {
      body: { name: '50 off', validFor: '7d', redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }] },
    });
    expect((await api.call('POST', '/v1/coupon-pools/fifty/codes', { body: { codes: ['A', 'B', 'A'] } })).body).toEqual(
      { added: 2, duplicates: 1 },
    );
    expect((await api.call('GET', '/v1/coupon-pools/fifty/codes')).body).toEqual({
      left: 2,
      drawn: 0,
      redeemed: 0,
      expired: 0,
    });
    expect((await api.call('GET', '/v1/coupon-pools/fifty')).body).toMatchObject({
      id: 'fifty',
      left: 2,
      definition: { name: '50 off' },
    });
    expect((await api.deps.catalog.snapshot()).snapshot.pools).toContainEqual({
      id: 'fifty',
      validForMs: 7 * 24 * 3600_000,
      redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }],
    });
  });
});

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'once' };
  test('the same key gives the same answer without acting again, another body is 422', async () => {
    await api.call('PUT', '/v1/coupon-pools/idem', { body: { name: 'Idem' } });
    const path = '/v1/coupon-pools/idem/codes';
    const first = await api.call('POST', path, { body: { codes: ['A'] }, headers });
    expect(await api.call('POST', path, { body: { codes: ['A'] }, headers })).toEqual(first);
    expect(first.body).toEqual({ added: 1, duplicates: 0 });
    expect((await api.call('POST', path, { body: { codes: ['B'] }, headers })).status).toBe(422);
    expect((await api.call('POST', path, { body: { codes: ['A'] }, headers, as: 'bob' })).body).toEqual({
      added: 0,
      duplicates: 1,
    });
    api.clock.now += 24 * 3600_000;
    expect((await api.call('POST', path, { body: { codes: ['B'] }, headers })).body).toEqual({
      added: 1,
      duplicates: 0,
    });
  });

  test('a request that failed may be made again, and a write key is not kept for a repeat', async () => {
    expect((await api.call('POST', '/v1/coupon-pools/later/codes', { body: { codes: ['A'] }, headers })).status).toBe(
      404,
    );
    await api.call('PUT', '/v1/coupon-pools/later', { body: { name: 'Later' } });
    expect((await api.call('POST', '/v1/coupon-pools/later/codes', { body: { codes: ['A'] }, headers })).status).toBe(
      200,
    );
    const made = await api.call('POST', '/v1/keys', { body: { kind: 'client', name: 'web' }, headers });
    const { key, ...rest } = made.body;
    expect(made).toMatchObject({ status: 201, body: { kind: 'client', name: 'web', key: expect.any(String) } });
    expect((await api.call('POST', '/v1/keys', { body: { kind: 'client', name: 'web' }, headers })).body).toEqual(rest);
    expect(await api.deps.keys.find(String(key))).toEqual({ id: made.body.id, kind: 'client', name: 'web' });
  });
});
