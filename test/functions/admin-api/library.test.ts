import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../../core/catalog/kinds/registry.ts';
import { LIBRARY } from '../../../engine/definitions/library/entries.ts';
import { examplesOf } from '../../core/journeys/examples.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
  api = harness(client);
});
afterAll(() => stop());

const install = (name: string, body?: object, more: object = {}) =>
  api.call('POST', `/v1/library/${name}/install`, { body, ...more });

const files = (['tags', 'segments'] as const).flatMap((kind) =>
  examplesOf(kind).map(([id, body]) => ({ kind, id, body })),
);
const entries = [...LIBRARY].map(([id, { kind, definition }]) => ({ kind, id, body: definition }));

describe('the examples', () => {
  test.each(files)('$kind/$id passes its schema as it stands', ({ kind, body }) => {
    expect(KINDS[kind].schema.parse(body)).toEqual(body);
  });

  test('the library holds them as they stand, each under its own id', () => {
    expect(files).toEqual(expect.arrayContaining(entries));
  });

  test.each(entries.filter(({ kind }) => kind === 'tags'))(
    'the tag $id says whose it is, until when and why',
    ({ body }) => {
      expect(body).toMatchObject({
        layer: expect.stringMatching(/^(base|behaviour|predictive)$/),
        owner: expect.any(String),
        use: expect.any(String),
        reviewBy: expect.stringMatching(/^2027-\d\d-\d\d$/),
      });
    },
  );
});

describe('GET /v1/library', () => {
  test('lists what there is, each parameter with its default, to whoever may read', async () => {
    const { status, body } = await api.call('GET', '/v1/library', { roles: '[viewer]' });
    expect(status).toBe(200);
    const items = body.items as { name: string; kind: string; parameters: Record<string, unknown> }[];
    const own = ({ title: _t, owner: _o, use: _u, reviewBy: _r, ...parameters }: Record<string, unknown>) => parameters;
    expect(Object.fromEntries(items.map(({ name, kind, parameters }) => [`${kind}/${name}`, own(parameters)]))).toEqual(
      {
        'segments/high-value-active': { within: '30d', orders: 2, average: 500 },
        'tags/frequent-buyer': { within: '90d', orders: 4 },
        'tags/potential': { within: '90d', fewestOrders: 1, mostOrders: 2, averageBelow: 200 },
        'tags/prefers-category': { category: 'baby', within: '30d', count: 5 },
        'tags/at-risk': { lastOrder: '180d', seenWithin: '7d' },
        'tags/vip': { spent: 10_000, spentWithin: '365d', repurchasesWithin: '90d' },
        'tags/interested-in-category': { category: 'baby', within: '30d', seconds: 180 },
        'tags/lifecycle-new': { newerThan: '30d' },
        'tags/lifecycle-active': { within: '30d' },
        'tags/lifecycle-lapsing': { quietFor: '30d', lapsedAfter: '180d' },
        'tags/lifecycle-lapsed': { quietFor: '180d' },
        'tags/sleeping': { quietFor: '30d' },
        'segments/sleepers': {},
        'tags/lead-qualified': { budget: 100_000, decisionMonths: 3 },
        'tags/lead-engaged': { within: '30d' },
        'tags/lead-nurturing': {},
      },
    );
    expect(items.find(({ name }) => name === 'frequent-buyer')).toEqual({
      name: 'frequent-buyer',
      kind: 'tags',
      title: 'Frequent buyer',
      use: expect.stringContaining('4 orders in 90 days'),
      parameters: {
        title: 'Frequent buyer',
        owner: 'growth',
        use: expect.any(String),
        reviewBy: '2027-05-01',
        within: '90d',
        orders: 4,
      },
    });
  });

  test('goes on by its cursor', async () => {
    const names: string[] = [];
    let path: string | undefined = '/v1/library?limit=7';
    while (path !== undefined) {
      const { body } = await api.call('GET', path);
      names.push(...(body.items as { name: string }[]).map(({ name }) => name));
      path = body.next === undefined ? undefined : `/v1/library?limit=7&cursor=${String(body.next)}`;
    }
    expect(names).toEqual([...LIBRARY.keys()]);
    expect((await api.call('GET', '/v1/library?cursor=nonsense')).status).toBe(422);
  });
});

describe('POST /v1/library/{name}/install', () => {
  test.each([...LIBRARY.keys()])('%s is installed as it stands, in force at once', async (name) => {
    const entry = LIBRARY.get(name);
    const id = `plain-${name}`;
    const made = await install(name, { id });
    expect(made).toMatchObject({ status: 201, body: { id, status: 'published', definition: entry?.definition } });
    const got = await api.call('GET', `/v1/${entry?.kind}/${id}`);
    expect(got.body).toEqual(made.body);
    expect(got.headers.etag).toBe(made.headers.etag);
    expect((await api.deps.catalog.snapshot()).snapshot.rules.map((rule) => rule.id)).toContain(id);
  });

  test('without a body it takes its own name as id and its defaults; the same again makes no version', async () => {
    const made = await install('vip');
    expect(made).toMatchObject({ status: 201, body: { id: 'vip', version: 1, author: 'ann' } });
    const again = await install('vip', {}, { as: 'bob' });
    expect(again).toMatchObject({
      status: 200,
      body: { version: 1, author: 'ann' },
      headers: { etag: made.headers.etag },
    });
  });

  test('parameters take their places, all of them, and the example stays what it was', async () => {
    const parameters = { title: 'Interested in toys', category: 'toys', within: '14d', seconds: 60 };
    const made = await install('interested-in-category', { id: 'interested-in-toys', parameters });
    expect(made).toMatchObject({
      status: 201,
      body: {
        definition: {
          name: 'Interested in toys',
          owner: 'merchandising',
          if: {
            any: [
              { event: 'Product Viewed', where: { category: 'toys', seconds: { gte: 60 } }, within: '14d' },
              { event: 'Product Favorited', where: { category: 'toys' }, within: '14d' },
            ],
          },
        },
      },
    });
    const other = await install('interested-in-category', { id: 'interested-in-baby' });
    expect(other.body).toMatchObject({ definition: { name: 'Interested in baby' } });
    const changed = await install('interested-in-category', {
      id: 'interested-in-toys',
      parameters: { category: 'toys' },
    });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, definition: { name: 'Interested in baby' } } });
  });

  test('what PUT does besides is done here too', async () => {
    const installed = await install('potential', { id: 'installed' });
    const put = await api.call('PUT', '/v1/tags/put', { body: LIBRARY.get('potential')?.definition });
    expect(Object.keys(installed.headers).sort()).toEqual(Object.keys(put.headers).sort());
    expect({ ...installed.body, id: 'put' }).toEqual(put.body);
  });

  test('keeps preconditions as PUT does', async () => {
    const headers = { 'if-none-match': '*' };
    expect((await install('at-risk', { id: 'careful' }, { headers })).status).toBe(201);
    expect((await install('at-risk', { id: 'careful', parameters: { seenWithin: '3d' } }, { headers })).status).toBe(
      412,
    );
  });

  test('what cannot be is refused at the parameter that made it so', async () => {
    expect(await install('vip', { parameters: { spends: 5, 'a/b': 1 } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/parameters/spends' }, { path: '/parameters/a~1b' }] },
    });
    expect(await install('vip', { parameters: { spent: 'much', spentWithin: '1 year' } })).toMatchObject({
      status: 422,
      body: {
        type: '/problems/validation',
        errors: [{ path: '/parameters/spentWithin' }, { path: '/parameters/spent' }],
      },
    });
    expect(
      await install('prefers-category', { parameters: { category: { startsWith: 'b', like: 'b' } } }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/parameters/category/like' }] },
    });
    expect(await install('vip', { parameters: { toString: 1 } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/parameters/toString' }] },
    });
    expect(await install('vip', { parameters: { reviewBy: '2027-02-30' } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/parameters/reviewBy' }] },
    });
    expect(await install('vip', { parameter: {} })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/parameter' }] },
    });
    expect(await install('vip', { id: 'V I P' })).toMatchObject({ status: 422, body: { errors: [{ path: '/id' }] } });
    const itself = await install('lifecycle-active', { id: 'lifecycle-new' });
    expect(itself).toMatchObject({
      status: 422,
      body: { errors: [{ path: '', message: expect.stringContaining('itself') }] },
    });
  });

  test('an unknown name is 404, and a viewer may not', async () => {
    expect((await install('constructor')).status).toBe(404);
    expect((await install('nothing', { id: 'something' })).body).toMatchObject({ type: '/problems/not-found' });
    expect(await install('vip', { id: 'theirs' }, { roles: '[viewer]' })).toMatchObject({ status: 403 });
    expect((await install('vip', { id: 'mine' }, { roles: '[marketer]' })).status).toBe(201);
    expect((await install('vip', {}, { anonymous: true })).status).toBe(401);
  });
});
