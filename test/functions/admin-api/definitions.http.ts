import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Invocation, Killed } from '../../protocols/faults.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
  api = harness(client);
});
beforeEach(() => {
  api.clock.now = NOW;
});
afterAll(() => stop());

const tag = (more: object = {}) => ({
  name: 'Sleeping',
  layer: 'behaviour',
  owner: 'growth',
  use: 'waking up',
  ...more,
});
const inShanghai = { trait: 'city', eq: 'Shanghai' };

describe('what marketers define', () => {
  test('a definition is made once, changed into a new version, and identical content makes none', async () => {
    const made = await api.call('PUT', '/v1/tags/city', { body: tag({ if: inShanghai }) });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: 'city',
        version: 1,
        status: 'published',
        published: 1,
        author: 'ann',
        at: '2026-11-02T01:00:00.000Z',
        warnings: [],
        definition: tag({ if: inShanghai }),
      },
    });
    const got = await api.call('GET', '/v1/tags/city', { roles: '[viewer]' });
    expect(got.body).toEqual(made.body);
    expect(got.headers.etag).toBe(made.headers.etag);
    const same = await api.call('PUT', '/v1/tags/city', { body: tag({ if: inShanghai }), as: 'bob' });
    expect(same).toMatchObject({
      status: 200,
      body: { version: 1, author: 'ann' },
      headers: { etag: made.headers.etag },
    });
    const changed = await api.call('PUT', '/v1/tags/city', {
      body: tag({ if: inShanghai, use: 'another' }),
      as: 'bob',
    });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, author: 'bob' } });
    expect((await api.call('GET', '/v1/tags/city?version=1')).body).toMatchObject({
      version: 1,
      status: 'archived',
      published: 2,
      definition: { use: 'waking up' },
    });
    expect((await api.call('GET', '/v1/tags/city/versions')).body).toMatchObject({
      items: [
        { version: 2, status: 'published' },
        { version: 1, status: 'archived' },
      ],
    });
    expect((await api.call('GET', '/v1/tags/city?version=3')).status).toBe(404);
  });

  test('a stale If-Match is 412, and If-None-Match: * only creates', async () => {
    const made = await api.call('PUT', '/v1/tags/etag', { body: tag(), headers: { 'if-none-match': '*' } });
    expect(made.status).toBe(201);
    const etag = String(made.headers.etag);
    expect(
      (await api.call('PUT', '/v1/tags/etag', { body: tag({ use: 'b' }), headers: { 'if-none-match': '*' } })).status,
    ).toBe(412);
    expect(
      (await api.call('PUT', '/v1/tags/etag', { body: tag({ use: 'b' }), headers: { 'if-match': etag } })).status,
    ).toBe(200);
    expect(
      await api.call('PUT', '/v1/tags/etag', { body: tag({ use: 'c' }), headers: { 'if-match': etag } }),
    ).toMatchObject({
      status: 412,
      body: { type: '/problems/precondition' },
    });
    expect((await api.call('GET', '/v1/tags/etag', { headers: { 'if-none-match': '"2"' } })).status).toBe(304);
  });

  test('a copy has the content of the newest version, under an id that is free', async () => {
    await api.call('PUT', '/v1/tags/original', { body: tag() });
    await api.call('PUT', '/v1/tags/original', { body: tag({ if: inShanghai }) });
    const copied = await api.call('POST', '/v1/tags/original/copy', { body: { id: 'second' }, as: 'bob' });
    expect(copied).toMatchObject({
      status: 201,
      headers: { etag: '"1"', 'cairn-job': expect.any(String) },
      body: { id: 'second', version: 1, status: 'published', author: 'bob', definition: tag({ if: inShanghai }) },
    });
    expect((await api.call('GET', '/v1/tags/second')).body).toEqual(copied.body);
    const copy = (from: string, id: string, more = {}) =>
      api.call('POST', `/v1/tags/${from}/copy`, { body: { id }, ...more });
    expect(await copy('original', 'second', { as: 'bob' })).toMatchObject({
      status: 409,
      body: { type: '/problems/conflict' },
    });
    expect((await copy('original', 'original')).status).toBe(409);
    expect((await copy('nowhere', 'third')).status).toBe(404);
    expect((await copy('original', 'third', { roles: '[viewer]' })).status).toBe(403);
    expect(await copy('original', 'Not_An_Id')).toMatchObject({ status: 422, body: { errors: [{ path: '/id' }] } });
    await api.call('DELETE', '/v1/tags/second');
    expect(await copy('original', 'second')).toMatchObject({ status: 201, body: { version: 2 } });
  });

  test('a copy of a journey is a draft, whatever the original is', async () => {
    const journey = {
      entry: { event: 'Ordered' },
      start: 'a-day',
      nodes: { 'a-day': { type: 'wait', for: '1d', next: 'done' }, done: { type: 'end', outcome: 'over' } },
    };
    await api.call('PUT', '/v1/journeys/first', { body: { name: 'First', ...journey } });
    await api.call('POST', '/v1/journeys/first/submit');
    const copied = await api.call('POST', '/v1/journeys/first/copy', { body: { id: 'next' }, as: 'bob' });
    expect(copied).toMatchObject({ status: 201, body: { status: 'draft', author: 'bob', definition: journey } });
  });

  test('unknown fields and bad ids are refused with their pointers, unreadable JSON is 400', async () => {
    const wrong = await api.call('PUT', '/v1/tags/wrong', { body: tag({ if: { trait: 'city', equals: 'Shanghai' } }) });
    expect(wrong.status).toBe(422);
    expect(wrong.body.type).toBe('/problems/validation');
    expect(JSON.stringify(wrong.body.errors)).toContain('/if/equals');
    expect(await api.call('PUT', '/v1/tags/Wrong_Id', { body: tag() })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/id' }] },
    });
    expect(await api.call('PUT', '/v1/tags/wrong', { raw: '{"name": ' })).toMatchObject({
      status: 400,
      body: { type: '/problems/validation', status: 400 },
    });
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect(
      await api.call('PUT', '/v1/coupon-pools/wrong', { raw: `{"name": "deep", "terms": ${deep}}` }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ path: '', message: 'is nested more than 100 levels deep' }] },
    });
    expect((await api.call('GET', '/v1/tags/wrong')).status).toBe(404);
  });

  test('reports are of what is counted, over days in their order', async () => {
    expect((await api.call('GET', '/v1/reports/channel/sms')).status).toBe(200);
    expect((await api.call('GET', '/v1/reports/faultRates/x')).status).toBe(404);
    for (const query of ['from=2026-99-99', 'from=garbage', 'from=2026-11-03&to=2026-11-01'])
      expect(await api.call('GET', `/v1/reports/channel/sms?${query}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/from' }] },
      });
  });

  test('roles are kept: a viewer reads, a marketer defines, settings are an admin’s', async () => {
    const refused = await api.call('PUT', '/v1/tags/role', { body: tag(), roles: '[viewer]', as: 'vic' });
    expect(refused).toMatchObject({
      status: 403,
      body: { type: '/problems/forbidden', detail: expect.stringContaining('marketer') },
    });
    expect((await api.call('GET', '/v1/tags/role', { anonymous: true })).status).toBe(401);
    expect((await api.call('PUT', '/v1/settings', { body: {}, roles: '[approver]' })).status).toBe(403);
    expect((await api.call('GET', '/v1/nothing')).body).toMatchObject({ type: '/problems/not-found', status: 404 });
    const { items } = (await api.call('GET', '/v1/audit?limit=200')).body as { items: object[] };
    expect(items).toContainEqual(
      expect.objectContaining({ actor: 'vic', action: 'put', kind: 'tags', id: 'role', refused: expect.any(String) }),
    );
  });

  test('tags that refer to each other in a circle are refused, unknown ones are warned of', async () => {
    await api.call('PUT', '/v1/tags/circle-a', { body: tag() });
    expect((await api.call('PUT', '/v1/tags/circle-b', { body: tag({ if: { tag: 'circle-a' } }) })).status).toBe(201);
    const circle = await api.call('PUT', '/v1/tags/circle-a', { body: tag({ if: { tag: 'circle-b' } }) });
    expect(circle).toMatchObject({ status: 422, body: { errors: [{ path: '/if' }] } });
    const warned = await api.call('PUT', '/v1/tags/lonely', { body: tag({ if: { tag: 'nobody' } }) });
    expect(warned).toMatchObject({
      status: 201,
      body: { warnings: [{ path: '/if', message: expect.stringContaining('nobody') }] },
    });
  });

  test('what is used elsewhere cannot be deleted; what was deleted comes back with the next number', async () => {
    await api.call('PUT', '/v1/tags/base', { body: tag() });
    await api.call('PUT', '/v1/segments/above', { body: { name: 'Above', if: { tag: 'base' } } });
    expect(await api.call('DELETE', '/v1/tags/base')).toMatchObject({
      status: 409,
      body: { references: [{ kind: 'segments', id: 'above' }] },
    });
    expect((await api.call('DELETE', '/v1/segments/above')).status).toBe(204);
    expect((await api.call('DELETE', '/v1/tags/base')).status).toBe(204);
    expect((await api.call('GET', '/v1/tags/base')).status).toBe(404);
    expect((await api.call('DELETE', '/v1/tags/base')).status).toBe(404);
    const { items } = (await api.call('GET', '/v1/tags')).body as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).not.toContain('base');
    expect(await api.call('PUT', '/v1/tags/base', { body: tag() })).toMatchObject({
      status: 201,
      body: { version: 2 },
    });
  });

  test('lists go on by their cursors, to the end', async () => {
    for (const id of ['p-1', 'p-2', 'p-3', 'p-4', 'p-5'])
      await api.call('PUT', `/v1/segments/${id}`, { body: { name: id, if: inShanghai } });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, next } = (await api.call('GET', `/v1/segments?limit=2${cursor}`)).body as {
        items: { id: string }[];
        next?: string;
      };
      expect(items.length).toBe(next === undefined ? Math.min(2, items.length) : 2);
      expect(items).not.toEqual([]);
      seen.push(...items.map(({ id }) => id));
      cursor = next === undefined ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(['p-1', 'p-5']));
    expect((await api.call('GET', '/v1/segments?limit=201')).status).toBe(422);
  });

  test('a PUT killed at any call is mended by the same PUT made again', async () => {
    for (let killAt = 1; killAt <= 14; killAt += 1) {
      for (const carriedOut of [false, true]) {
        const id = `killed-${killAt}-${carriedOut}`;
        const body = tag({ if: inShanghai });
        const dying = harness(new Invocation({ kill: { at: killAt, carriedOut } }).client(client));
        await dying
          .call('PUT', `/v1/tags/${id}`, { body })
          .catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        const again = await api.call('PUT', `/v1/tags/${id}`, { body });
        expect(again.body).toMatchObject({ definition: body, status: 'published' });
        const rule = (await api.deps.catalog.snapshot()).snapshot.rules.find((one) => one.id === id);
        expect(rule).toMatchObject({ version: again.body.version, definition: { if: inShanghai } });
      }
    }
  });

  test('many writers at the same time lose nothing: every tag is live, every version has its number', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `rush-${index}`);
    await Promise.all(ids.map((id) => api.call('PUT', `/v1/tags/${id}`, { body: tag({ if: inShanghai }) })));
    const { snapshot } = await api.deps.catalog.snapshot();
    expect(snapshot.rules.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    const answers = await Promise.all(
      ids.map((use) => api.call('PUT', '/v1/tags/rush-0', { body: tag({ if: inShanghai, use }) })),
    );
    const versions = answers.map(({ body }) => body.version);
    expect(new Set(versions).size).toBe(ids.length);
    const newest = (await api.call('GET', '/v1/tags/rush-0')).body;
    expect((await api.deps.catalog.snapshot()).snapshot.rules.find(({ id }) => id === 'rush-0')?.version).toBe(
      newest.version,
    );
  });
});

describe('a list', () => {
  /** Lambda's, of an answer as JSON, in which the body is a string. */
  const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

  test('has a shorter page where so many items are more than an answer takes, and goes on behind them', async () => {
    const email = { subject: 'Hello', html: `<p class="text">${'Good day to you. '.repeat(11_000)}</p>` };
    const translations = { de: { email }, en: { email }, fr: { email }, zh: { email } };
    const ids = Array.from({ length: 8 }, (_, index) => `long-${index}`);
    for (const id of ids) {
      const body = { class: 'transactional', content: { email }, translations };
      expect(await api.call('PUT', `/v1/templates/${id}`, { body })).toMatchObject({ status: 201 });
    }
    const listed: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.call('GET', `/v1/templates?limit=200${cursor}`);
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(body)))).toBeLessThan(MAX_ANSWER_BYTES);
      const { items, next } = body as { items: { id: string }[]; next?: string };
      listed.push(...items.map(({ id }) => id).filter((id) => ids.includes(id)));
      cursor = next === undefined ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    expect(listed).toEqual(ids);
  });
});
