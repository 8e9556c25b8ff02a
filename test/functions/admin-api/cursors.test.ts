import { beforeEach, describe, expect, test } from 'vitest';
import { api, customer, setUpTables } from './access-harness.ts';

setUpTables();

describe('a cursor', () => {
  beforeEach(async () => {
    for (const id of ['one', 'two', 'three']) await api.call('PUT', `/v1/lists/${id}`, { body: { name: id } });
  });
  const next = async (path: string, asked = {}) => String((await api.call('GET', path, asked)).body.next);

  test('leads on as it was given, and changed in any place it is refused', async () => {
    const cursor = await next('/v1/lists?limit=1');
    expect((await api.call('GET', `/v1/lists?limit=1&cursor=${cursor}`)).status).toBe(200);
    const [position = '', signature = ''] = cursor.split('.');
    const forged = Buffer.from(
      Buffer.from(position, 'base64url')
        .toString()
        .replace(/.{3}\]$/, 'zz"]'),
    ).toString('base64url');
    for (const changed of [
      position,
      `${position}.`,
      `${forged}.${signature}`,
      `${position}.${signature.slice(0, -1)}A`,
      `${cursor}.x`,
      `.${signature}`,
      'nonsense',
      'x'.repeat(9_000),
      await next('/v1/tags?limit=1'),
    ])
      expect(await api.call('GET', `/v1/lists?limit=1&cursor=${changed}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/cursor' }] },
      });
  });

  test('leads viewers on as well', async () => {
    const viewer = { roles: '[viewer]' };
    const cursor = await next('/v1/lists?limit=1', viewer);
    expect(cursor).toBe(await next('/v1/lists?limit=1'));
    expect((await api.call('GET', `/v1/lists?limit=1&cursor=${cursor}`, viewer)).status).toBe(200);
  });

  test('of the CSV stands in Link', async () => {
    const { profileIds } = { profileIds: Array.from({ length: 3 }, (_, index) => `csv-${index}`) };
    for (const id of profileIds) await customer(id);
    await api.call('POST', '/v1/lists/one/members', { body: { profileIds } });
    const { headers, body } = await api.call('GET', '/v1/lists/one/export');
    expect(headers).not.toHaveProperty('link');
    expect(String(body.text).split('\r\n').sort()).toEqual(['', 'csv-0', 'csv-1', 'csv-2', 'profileId']);
  });
});
