import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CN } from '../../../core/policies/calendars/cn.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let stop: () => Promise<void>;
beforeAll(async () => {
  const tables = await startTables();
  ({ stop } = tables);
  api = harness(tables.client);
});
afterAll(() => stop());

const VIEWER = { roles: '[viewer]' };
const idsIn = async (query = ''): Promise<string[]> => {
  const { body } = await api.call('GET', `/v1/calendars${query}`, VIEWER);
  return (body.items as { id: string }[]).map(({ id }) => id);
};

describe('calendars', () => {
  it('of China is there before anybody has written one, and is renewed by PUT', async () => {
    const built = await api.call('GET', '/v1/calendars/cn', VIEWER);
    expect(built).toMatchObject({
      status: 200,
      body: { id: 'cn', version: 1, status: 'published', published: 1, author: 'cairn', definition: CN },
    });
    expect(await idsIn()).toEqual(['cn']);
    expect((await api.call('GET', '/v1/calendars/cn/versions', VIEWER)).body.items).toMatchObject([{ version: 1 }]);
    // It is there, so nobody creates it, and its own content is no new version.
    const fresh = { body: CN, headers: { 'if-none-match': '*' } };
    expect((await api.call('PUT', '/v1/calendars/cn', fresh)).status).toBe(412);
    expect(await api.call('PUT', '/v1/calendars/cn', { body: CN })).toMatchObject({
      status: 200,
      body: { version: 1 },
    });

    const renewed = { holidays: [...CN.holidays, '2027-01-01'], workdays: CN.workdays };
    const match = { 'if-match': String(built.headers.etag) };
    const put = await api.call('PUT', '/v1/calendars/cn', { body: renewed, headers: match });
    expect(put).toMatchObject({ status: 200, body: { version: 2, author: 'ann', definition: renewed } });
    expect((await api.call('PUT', '/v1/calendars/cn', { body: CN, headers: match })).status).toBe(412);
    expect((await api.call('GET', '/v1/calendars/cn', VIEWER)).body).toEqual(put.body);
    expect((await api.call('GET', '/v1/calendars/cn?version=1', VIEWER)).body).toMatchObject({
      status: 'archived',
      definition: CN,
    });
    const { body } = await api.call('GET', '/v1/calendars/cn/versions', VIEWER);
    expect(body.items).toMatchObject([{ version: 2 }, { version: 1 }]);
    expect(await idsIn()).toEqual(['cn']);
    expect(await api.call('DELETE', '/v1/calendars/cn')).toMatchObject({
      status: 409,
      body: { detail: 'calendars/cn is built in: it can be replaced, not deleted.' },
    });
  });

  it('of one’s own are made, listed with it in order, and deleted', async () => {
    for (const id of ['au', 'de', 'us'])
      expect((await api.call('PUT', `/v1/calendars/${id}`, { body: { holidays: ['2026-12-25'] } })).status).toBe(201);
    expect(await idsIn()).toEqual(['au', 'cn', 'de', 'us']);
    const first = await api.call('GET', '/v1/calendars?limit=2', VIEWER);
    const rest = await api.call('GET', `/v1/calendars?limit=2&cursor=${String(first.body.next)}`, VIEWER);
    const ids = [first, rest].map(({ body }) => (body.items as { id: string }[]).map(({ id }) => id));
    expect(ids).toEqual([
      ['au', 'cn'],
      ['de', 'us'],
    ]);
    expect((await api.call('GET', '/v1/calendars/us', VIEWER)).body.definition).toEqual({ holidays: ['2026-12-25'] });
    expect((await api.call('DELETE', '/v1/calendars/us')).status).toBe(204);
    expect((await api.call('GET', '/v1/calendars/us', VIEWER)).status).toBe(404);
  });

  it.each([
    [{ holidays: ['2026-02-29'] }, '/holidays/0', 'must be a date that exists, such as "2026-10-01"'],
    [{ holidays: ['2026-10-01', '2026-10-1'] }, '/holidays/1', 'must be a date that exists, such as "2026-10-01"'],
    [{ holidays: ['2026-10-01', '2026-10-02', '2026-10-01'] }, '/holidays/2', '2026-10-01 is there twice'],
    [{ workdays: ['2026-10-10', '2026-10-10'] }, '/workdays/1', '2026-10-10 is there twice'],
    [
      { holidays: ['2026-10-01'], workdays: ['2026-10-10', '2026-10-01'] },
      '/workdays/1',
      '2026-10-01 is a holiday, too',
    ],
  ])('%j is refused', async (body, path, message) => {
    const answer = await api.call('PUT', '/v1/calendars/xx', { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path, message }] } });
  });

  it('that would close all days of a live window is refused', async () => {
    const put = (body: object) => api.call('PUT', '/v1/calendars/shop', { body });
    expect((await put({ holidays: ['2026-12-25'] })).status).toBe(201);
    const window = { days: ['mon'], hours: [['10:00', '12:00']], calendar: 'shop' };
    expect((await api.call('PUT', '/v1/settings', { body: { window }, roles: '[admin]' })).status).toBe(200);
    const mondays = Array.from({ length: 80 }, (_, week) =>
      new Date(Date.UTC(2026, 10, 2 + 7 * week)).toISOString().slice(0, 10),
    );
    expect(await put({ holidays: mondays })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/holidays', message: 'closes all days of the window /window of settings' }] },
    });
    expect((await put({ holidays: mondays.slice(1) })).status).toBe(200);
    await api.call('PUT', '/v1/settings', { body: {}, roles: '[admin]' });
    expect((await api.call('DELETE', '/v1/calendars/shop')).status).toBe(204);
  });
});
