import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventNames } from '../../../adapters/dynamo/event-names.ts';
import { hashId, messageIdOf, profileKeyOfUser } from '../../../core/ids.ts';
import { taskIdOf } from '../../../core/journeys/nodes/task.ts';
import type { Source } from '../../../core/messages/source.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

const HOUR = 3_600_000;
const JOURNEY = { name: 'Hello', entry: { event: 'Hello' }, start: 'done', nodes: { done: { type: 'end' } } };
const [ANN, BOB] = ['ann', 'bob'].map((id) => profileKeyOfUser(id));

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;

/** The number of each message and task. */
const numberOf = new Map<string, number>();

async function message(n: number, profile: string, state: 'suppressed' | 'failed', source: Source, at: number) {
  const id = messageIdOf({ entry: `run-${n}`, profile }, at, 'hello', 1);
  numberOf.set(id, n);
  const template = { id: n === 4 ? 'code' : 'hello', version: n };
  const reason = state === 'failed' ? 'render-failed' : 'no-consent';
  const request = { message: id, profile, template, source, at };
  await api.deps.messages.refuse({ id, profile, channel: 'sms', template, source, at, request }, state, reason, at);
}

beforeAll(async () => {
  tables = await startTables();
  api = harness(tables.client);
  for (const id of ['ann', 'bob']) {
    const key = profileKeyOfUser(id);
    await api.deps.profiles.updateProfile(key, undefined, {
      identity: { kind: 'user', id },
      pv: 1,
      traits: {},
      addresses: {},
    });
    await api.deps.profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, pv: 1 });
  }
  await api.call('PUT', '/v1/journeys/hello', { body: { ...JOURNEY, owner: 'growth' } });
  await api.call('PUT', '/v1/journeys/hello', { body: { ...JOURNEY, name: 'Hello again', owner: 'growth' } });
  await api.call('PUT', '/v1/journeys/other', { body: { ...JOURNEY, owner: 'service' } });
  await api.call('POST', '/v1/journeys/other/submit');
  for (const [n, profile, version] of [
    [1, ANN, 1],
    [2, BOB, 1],
    [3, BOB, 2],
  ] as const) {
    const entry = hashId('run', n);
    await api.deps.runs.create(
      {
        entry,
        profile: profile ?? '',
        journey: 'hello',
        version,
        key: n === 1 ? '' : 'cart-1',
        at: NOW + n,
        data: {},
      },
      NOW,
    );
    if (n === 2) await api.deps.runs.close(entry, 'exited', NOW);
    const task = taskIdOf('run', 'call', n, NOW + n);
    numberOf.set(task, n);
    await api.deps.tasks.create({
      id: task,
      queue: n === 3 ? 'sales' : 'service',
      title: 'Call',
      profile: profile ?? '',
      source: { kind: 'journey', id: 'hello', version, node: 'call', run: entry },
      at: NOW + n,
    });
  }
  const journey = (node: string): Source => ({ kind: 'journey', id: 'hello', version: 1, node, run: hashId('run', 1) });
  await message(1, ANN ?? '', 'failed', journey('one'), NOW - 50 * HOUR);
  await message(2, ANN ?? '', 'suppressed', journey('one'), NOW - 26 * HOUR);
  await message(3, BOB ?? '', 'failed', journey('two'), NOW - 25 * HOUR);
  await message(4, BOB ?? '', 'failed', { kind: 'api', id: 'ann' }, NOW - HOUR);
  await message(5, BOB ?? '', 'failed', journey('one'), NOW - 40 * 24 * HOUR);
  await eventNames(tables.client, TABLES.catalog).note(['Hello', 'Bye', 'Order Completed'], NOW);
});
afterAll(() => tables.stop());

/** All items over pages of two, each by its number or the number that its id was made of. */
async function listed(path: string, of?: string): Promise<unknown[]> {
  const names = new Map([...numberOf, ...Array.from({ length: 9 }, (_, n) => [hashId(of ?? '', n), n] as const)]);
  const found: unknown[] = [];
  for (let cursor = ''; ; ) {
    const { status, body } = await api.call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=2${cursor}`);
    expect([path, status]).toEqual([path, 200]);
    const { items, next } = body as { items: { id?: string; run?: string; name?: string }[]; next?: string };
    found.push(...items.map(({ id, run, name }) => names.get(run ?? id ?? '') ?? id ?? name));
    if (next === undefined) return found;
    cursor = `&cursor=${next}`;
  }
}
const at = (hours: number) => new Date(NOW - hours * HOUR).toISOString();

describe('lists answer the filters that people try', () => {
  test.each([
    ['', [1, 2, 3]],
    ['?status=entering', [1, 3]],
    ['?status=closed', [2]],
    ['?version=2', [3]],
    ['?node=nowhere', []],
    ['?outcome=exited', [2]],
    ['?outcome=done', []],
    ['?profileId=bob', [3, 2]],
    ['?profileId=bob&status=closed', [2]],
    ['?key=cart-1', [2, 3]],
    ['?key=%20cart-1%20&version=1', [2]],
    ['?key=CART-1', []],
    ['?key=cart-1&profileId=bob', [3, 2]],
    ['?key=cart-1&profileId=ann', []],
  ])('runs%s are %j', async (query, runs) => {
    const found = await listed(`/v1/journeys/hello/runs${query}`, 'run');
    expect(query.includes('profileId') ? found : found.toSorted()).toEqual(runs);
  });

  test.each([
    ['profileId=ann', [2, 1]],
    ['profileId=ann&status=failed', [1]],
    [`profileId=bob&from=${at(30)}`, [4, 3]],
    [`profileId=bob&from=${at(30)}&to=${at(2)}`, [3]],
    ['source=journey:hello:one', [2, 1, 5]],
    [`source=journey:hello:one&from=${at(60)}&to=${at(30)}`, [1]],
    [`source=journey:hello&from=${at(60)}`, [3, 2, 1]],
    ['source=api', [4]],
    ['source=api&status=suppressed', []],
    ['status=failed', [4, 3, 1]],
    ['status=suppressed', [2]],
    ['status=unknown', []],
    [`status=failed&from=${at(1000)}`, [4, 3, 1, 5]],
    [`status=failed&to=${at(2)}`, [3, 1]],
    ['template=code', [4]],
    ['template=hello', [3, 2, 1]],
    [`template=hello&from=${at(1000)}`, [3, 2, 1, 5]],
    ['template=hello&reason=render-failed', [3, 1]],
    ['reason=no-consent', [2]],
    ['reason=daily-cap', []],
    ['profileId=ann&reason=no-consent', [2]],
    ['profileId=bob&template=hello', [3, 5]],
    ['source=journey:hello&template=code', []],
    ['source=api&template=code&status=failed', [4]],
  ])('messages?%s are %j, newest first', async (query, messages) => {
    expect(await listed(`/v1/messages?${query}`)).toEqual(messages);
  });

  test.each([
    ['', [3, 2, 1]],
    ['?queue=service', [2, 1]],
    ['?status=done', []],
    ['?profileId=bob', [3, 2]],
    ['?profileId=bob&queue=sales&status=open', [3]],
  ])('tasks%s are %j', async (query, tasks) => {
    expect(await listed(`/v1/tasks${query}`)).toEqual(tasks);
  });

  test.each([
    ['', ['hello', 'other']],
    ['?status=submitted', ['other']],
    ['?owner=growth', ['hello']],
    ['?owner=growth&status=submitted', []],
  ])('journeys%s are %j', async (query, ids) => {
    expect(await listed(`/v1/journeys${query}`)).toEqual(ids);
  });

  test('the audit log shows the acts of one actor, page by page', async () => {
    for (const id of ['eve-1', 'eve-2', 'eve-3'])
      await api.call('PUT', `/v1/lists/${id}`, { as: 'eve', body: { name: id } });
    const found: unknown[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await api.call('GET', `/v1/audit?actor=eve&limit=2${cursor}`);
      const { items, next } = body as { items: { actor: string; id: string }[]; next?: string };
      found.push(...items.map(({ actor, id }) => [actor, id]));
      if (next === undefined) break;
      cursor = `&cursor=${next}`;
    }
    expect(found).toEqual(['eve-3', 'eve-2', 'eve-1'].map((id) => ['eve', id]));
    expect((await api.call('GET', '/v1/audit?actor=nobody')).body).toEqual({ items: [] });
    const { body } = await api.call('GET', '/v1/audit?actor=eve&limit=1');
    const other = await api.call('GET', `/v1/audit?actor=ann&limit=1&cursor=${body.next}`);
    expect(other).toMatchObject({ status: 422, body: { errors: [{ path: '/query/cursor' }] } });
  });

  test.each([
    ['/v1/journeys/hello/runs', 'key=cart-1', 'key=cart-2'],
    ['/v1/journeys/hello/runs', 'status=entering', 'status=closed'],
    ['/v1/messages', 'template=hello', 'template=code'],
    ['/v1/messages', 'reason=render-failed', 'reason=no-consent'],
    ['/v1/tasks', 'queue=service', 'queue=sales'],
  ])('a cursor of %s?%s is of no use with %s', async (path, query, other) => {
    const { body } = await api.call('GET', `${path}?${query}&limit=1`);
    expect(body.next).toEqual(expect.any(String));
    const { status } = await api.call('GET', `${path}?${query}&limit=1&cursor=${body.next}`);
    expect(status).toBe(200);
    expect(await api.call('GET', `${path}?${other}&limit=1&cursor=${body.next}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/query/cursor' }] },
    });
  });

  test.each(['/v1/audit?', '/v1/messages?status=failed&', '/v1/messages?profileId=ann&', '/v1/messages?source=api&'])(
    '%s holds nothing of days to come',
    async (path) => {
      const { status, body } = await api.call('GET', `${path}from=2828-09-24T04:24:29Z`);
      expect([status, body]).toEqual([200, { items: [] }]);
    },
  );

  test('names of events are listed in order', async () => {
    expect(await listed('/v1/event-names')).toEqual(['Bye', 'Hello', 'Order Completed']);
  });

  test('jobs are listed, newest first, by their status', async () => {
    const tag = { name: 'T', layer: 'base', owner: 'growth', use: 'u', reviewBy: '2027-05-01' };
    const started: unknown[] = [];
    for (const id of ['one', 'two', 'three']) {
      api.clock.now += 1;
      const { headers } = await api.call('PUT', `/v1/tags/${id}`, {
        body: { ...tag, if: { trait: id, exists: true } },
      });
      started.unshift(headers['cairn-job']);
      // The same job, made again at another instant.
      api.clock.now += 1;
      await api.call('PUT', `/v1/tags/${id}`, { body: { ...tag, if: { trait: id, exists: true } } });
    }
    expect(await listed('/v1/jobs')).toEqual(started);
    await api.call('POST', `/v1/jobs/${started[1]}/cancel`);
    expect(await listed('/v1/jobs?status=cancelled')).toEqual([started[1]]);
    expect(await listed('/v1/jobs?status=running')).toEqual([started[0], started[2]]);
  });

  test.each([
    ['/v1/messages', '/query/profileId'],
    ['/v1/messages?status=lost', '/query/status'],
    ['/v1/messages?status=failed&from=soon', '/query/from'],
    ['/v1/messages?status=failed&from=2026-11-02&to=2026-11-01', '/query/from'],
    ['/v1/messages?source=moon:x', '/query/source'],
    ['/v1/journeys/hello/runs?status=lost', '/query/status'],
    ['/v1/messages?reason=No%20consent', '/query/reason'],
    ['/v1/messages?template=T', '/query/template'],
    ['/v1/journeys/hello/runs?node=N', '/query/node'],
    ['/v1/journeys/hello/runs?key=%20', '/query/key'],
    ['/v1/audit?actor=', '/query/actor'],
    ['/v1/tasks?status=lost', '/query/status'],
    ['/v1/jobs?status=lost', '/query/status'],
    ['/v1/journeys?status=lost', '/query/status'],
    ['/v1/audit?from=x', '/query/from'],
    ['/v1/audit?from=2026-11-02&to=2026-11-01', '/query/from'],
  ])('%s is refused at %s', async (path, place) => {
    expect(await api.call('GET', path)).toMatchObject({ status: 422, body: { errors: [{ path: place }] } });
  });
});
