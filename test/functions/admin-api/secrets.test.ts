import { afterAll, beforeAll, expect, test } from 'vitest';
import { secretStore } from '../../../adapters/dynamo/secrets.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
  api = harness(tables.client);
});
afterAll(() => tables.stop());

const VALUE = 'Bearer not-to-be-seen';
const put = (id: string, value: unknown = VALUE, roles = '[admin]') =>
  api.call('PUT', `/v1/secrets/${id}`, { body: { value }, as: 'ada', roles });
const journey = (secret: string) => ({
  name: 'Tell',
  entry: { event: 'Won' },
  start: 'hook',
  nodes: {
    hook: { type: 'webhook', url: 'https://example.com/', headers: { Authorization: { secret } }, next: 'done' },
    done: { type: 'end' },
  },
});

test('is put by an admin, listed without its value, replaced, and read by whoever calls the receiver', async () => {
  const made = await put('crm-token');
  expect(made).toMatchObject({ status: 201, body: { id: 'crm-token', by: 'ada', at: expect.any(String) } });
  expect((await put('crm-token', 'Bearer another')).status).toBe(200);
  expect((await put('crm-url')).status).toBe(201);
  // Others may be there: they come behind.
  const first = await api.call('GET', '/v1/secrets?limit=1', { roles: '[marketer]' });
  const second = await api.call('GET', `/v1/secrets?limit=1&cursor=${first.body.next}`, { roles: '[marketer]' });
  expect([first, second].flatMap(({ body }) => (body.items as { id: string }[]).map(({ id }) => id))).toEqual([
    'crm-token',
    'crm-url',
  ]);
  const audit = await api.call('GET', '/v1/audit?limit=50');
  expect(audit.body.items).toContainEqual(expect.objectContaining({ kind: 'secrets', id: 'crm-token', action: 'put' }));
  expect(JSON.stringify([made, first, second, audit])).not.toMatch(/not-to-be-seen|another/);
  expect(await secretStore(tables.client, TABLES.catalog).value('crm-token')).toBe('Bearer another');
});

test.each([
  ['nothing', ''],
  ['a blank at its end', 'token '],
  ['two lines', 'token\nX-Other: 1'],
  ['more than ASCII', 'tökén'],
  ['4,097 characters', 'x'.repeat(4_097)],
  ['no text', 7],
])('is refused with %s, without being quoted', async (_what, value) => {
  const answer = await put('odd', value);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/value' }] } });
  if (typeof value === 'string' && value !== '') expect(JSON.stringify(answer.body)).not.toContain(value);
});

test.each(['viewer', 'marketer', 'approver'])('is an admin’s alone: %s', async (role) => {
  await put('erp');
  expect((await put('erp', VALUE, `[${role}]`)).status).toBe(403);
  expect((await api.call('DELETE', '/v1/secrets/erp', { roles: `[${role}]` })).status).toBe(403);
  expect((await api.call('GET', '/v1/secrets', { roles: `[${role}]` })).status).toBe(role === 'viewer' ? 403 : 200);
});

test('cannot be deleted while a journey’s newest or live version names it', async () => {
  await put('used');
  await put('erp');
  await api.call('PUT', '/v1/settings', { body: { approval: { required: false } } });
  await api.call('PUT', '/v1/journeys/notify', { body: journey('used') });
  expect((await api.call('POST', '/v1/journeys/notify/publish')).status).toBe(200);
  await api.call('PUT', '/v1/journeys/notify', { body: journey('erp') });
  for (const id of ['used', 'erp'])
    expect(await api.call('DELETE', `/v1/secrets/${id}`)).toMatchObject({
      status: 409,
      body: { references: [{ kind: 'journeys', id: 'notify' }] },
    });
  expect((await api.call('POST', '/v1/journeys/notify/publish')).status).toBe(200);
  expect((await api.call('DELETE', '/v1/secrets/used')).status).toBe(204);
  expect((await api.call('DELETE', '/v1/secrets/used')).status).toBe(404);
  expect(await secretStore(tables.client, TABLES.catalog).value('used')).toBeUndefined();
  await api.call('PUT', '/v1/journeys/notify', { body: journey('used') });
  expect(await api.call('POST', '/v1/journeys/notify/submit')).toMatchObject({
    status: 422,
    body: { errors: [{ path: '/nodes/hook/headers/Authorization/secret', message: 'there is no secret used' }] },
  });
});
