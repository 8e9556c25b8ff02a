import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { entryIdOf, profileKeyOfUser } from '../../../core/ids.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
  api = harness(tables.client);
  await api.call('PUT', '/v1/templates/welcome', { body: template('Welcome') });
});
afterAll(() => tables.stop());

const template = (body: string) => ({ class: 'marketing', content: { push: { title: 'Hello', body } } });
const journey = (more: object = {}) => ({
  name: 'Welcome',
  owner: 'growth',
  entry: { event: 'Signed Up' },
  reentry: 'never',
  start: 'greet',
  nodes: {
    greet: { type: 'send', template: 'welcome', channels: ['push'], next: 'done' },
    done: { type: 'end', outcome: 'greeted' },
  },
  ...more,
});

let serial = 0;
let path = '';
beforeEach(() => {
  serial += 1;
  path = `/v1/journeys/j-${serial}`;
});
const verb = (name: string, as: string, roles: string, body?: unknown) =>
  api.call('POST', `${path}/${name}`, { as, roles, ...(body === undefined ? {} : { body }) });
const live = async () =>
  (await api.deps.catalog.snapshot()).snapshot.journeys.find(({ id }) => path.endsWith(`/${id}`));
const published = async (definition: object = journey()) => {
  await api.call('PUT', path, { body: definition, as: 'mia', roles: '[marketer]' });
  await verb('submit', 'mia', '[marketer]');
  return verb('approve', 'otto', '[approver]', { publish: true });
};

describe('the life of a journey', () => {
  test('draft, submitted with its pins, approved by another, published and live', async () => {
    const made = await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[marketer]' });
    expect(made).toMatchObject({ status: 201, body: { version: 1, status: 'draft', author: 'mia' } });
    expect(made.body.published).toBeUndefined();
    expect(await live()).toBeUndefined();

    expect(await verb('submit', 'mia', '[marketer]')).toMatchObject({
      status: 200,
      body: { status: 'submitted', pinned: { templates: { welcome: expect.any(Number) } } },
    });
    expect(await verb('approve', 'otto', '[approver]', { comment: 'fine' })).toMatchObject({
      status: 200,
      body: { status: 'approved', approver: 'otto' },
    });
    expect(await live()).toBeUndefined();
    expect(await verb('publish', 'mia', '[marketer]')).toMatchObject({
      status: 200,
      body: { status: 'published', published: 1, approver: 'otto' },
    });
    expect(await live()).toMatchObject({ version: 1, pins: { templates: { welcome: expect.any(Number) } } });
    const names = api.created.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([`cairn-j-${serial}-v1`]));
    const pinned = await api.deps.catalog.version('journeys', `j-${serial}`, 1);
    expect(pinned?.pins?.templates.welcome).toEqual(expect.any(Number));
  });

  test('who wrote a version since the last published one cannot approve, however high the role', async () => {
    await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[approver]' });
    await api.call('PUT', path, { body: journey({ name: 'B' }), as: 'bob', roles: '[marketer]' });
    await verb('submit', 'bob', '[marketer]');
    expect(await verb('approve', 'mia', '[admin]')).toMatchObject({
      status: 403,
      body: { type: '/problems/forbidden' },
    });
    expect((await verb('approve', 'bob', '[admin]')).status).toBe(403);
    expect((await verb('approve', 'otto', '[marketer]')).status).toBe(403);
    expect((await verb('approve', 'otto', '[approver]', { publish: true })).body).toMatchObject({
      status: 'published',
      approver: 'otto',
    });
    // Published since: mia is free to approve what another writes now.
    await api.call('PUT', path, { body: journey({ name: 'C' }), as: 'bob', roles: '[marketer]' });
    await verb('submit', 'bob', '[marketer]');
    expect((await verb('approve', 'mia', '[approver]')).status).toBe(200);
  });

  test('a verb in a wrong state is 409, and a rejected journey is a draft again', async () => {
    await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[marketer]' });
    for (const name of ['approve', 'publish', 'pause', 'resume', 'archive'])
      expect((await verb(name, 'otto', '[admin]')).status).toBe(409);
    expect((await verb('reject', 'otto', '[admin]', { comment: 'no' })).status).toBe(409);
    await verb('submit', 'mia', '[marketer]');
    expect((await verb('submit', 'mia', '[marketer]')).status).toBe(409);
    expect((await verb('reject', 'otto', '[approver]', {})).status).toBe(422);
    const rejected = await verb('reject', 'otto', '[approver]', { comment: 'too pushy' });
    expect(rejected.body).toMatchObject({ status: 'draft' });
    expect(rejected.body.pinned).toBeUndefined();
    expect((await api.call('POST', '/v1/journeys/nobody/submit')).status).toBe(404);
  });

  test('a new version after submit voids the approval, and the published one runs on', async () => {
    await published();
    const changed = await api.call('PUT', path, { body: journey({ name: 'Second' }), as: 'mia', roles: '[marketer]' });
    expect(changed.body).toMatchObject({ version: 2, status: 'draft', published: 1 });
    await verb('submit', 'mia', '[marketer]');
    await verb('approve', 'otto', '[approver]');
    const third = await api.call('PUT', path, { body: journey({ name: 'Third' }), as: 'mia', roles: '[marketer]' });
    expect(third.body).toMatchObject({ version: 3, status: 'draft', published: 1 });
    expect(third.body.approver).toBeUndefined();
    expect((await verb('publish', 'otto', '[admin]')).status).toBe(409);
    expect(await live()).toMatchObject({ version: 1, definition: { name: 'Welcome' } });
    expect((await api.call('GET', `${path}?version=1`)).body).toMatchObject({ version: 1, status: 'published' });
  });

  test('a template changed after submit does not reach the version that was pinned', async () => {
    await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[marketer]' });
    const submitted = await verb('submit', 'mia', '[marketer]');
    const { templates } = submitted.body.pinned as { templates: Record<string, number> };
    await api.call('PUT', '/v1/templates/welcome', { body: template(`Changed ${serial}`) });
    await verb('approve', 'otto', '[approver]', { publish: true });
    expect((await live())?.pins.templates).toEqual(templates);
  });

  test('without required approval a draft is published as it is, checked and pinned all the same', async () => {
    await api.call('PUT', '/v1/settings', { body: { approval: { required: false } } });
    await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[marketer]' });
    expect(await verb('publish', 'mia', '[marketer]')).toMatchObject({
      status: 200,
      body: { status: 'published', pinned: { templates: { welcome: expect.any(Number) } } },
    });
    await api.call('PUT', '/v1/settings', { body: {} });
  });

  test('pause and resume move the pointer at once; the pause outlives a new version', async () => {
    await published();
    const id = `j-${serial}`;
    const paused = await verb('pause', 'mia', '[marketer]', { reason: 'price is wrong' });
    expect(paused.body).toMatchObject({ status: 'paused', published: 1, paused: { reason: 'price is wrong' } });
    expect((await api.deps.catalog.snapshot()).pointer.journeys[id]).toMatchObject({ reason: 'price is wrong' });
    expect((await verb('pause', 'mia', '[marketer]')).status).toBe(409);
    await api.call('PUT', path, { body: journey({ name: 'Right price' }), as: 'mia', roles: '[marketer]' });
    await verb('submit', 'mia', '[marketer]');
    expect((await verb('approve', 'otto', '[approver]', { publish: true })).body).toMatchObject({
      status: 'paused',
      published: 2,
    });
    expect((await verb('resume', 'mia', '[marketer]')).body).toMatchObject({ status: 'published' });
    expect((await api.deps.catalog.snapshot()).pointer.journeys[id]).toBeUndefined();
  });

  test('archive takes it out of the live rules, bars its versions and closes its runs', async () => {
    await published();
    const id = `j-${serial}`;
    const profile = profileKeyOfUser('ann');
    const entry = entryIdOf(id, '', profile, 'event-1');
    const run = { entry, profile, journey: id, version: 1, key: '', at: api.clock.now, data: {} };
    await api.deps.runs.create(run, api.clock.now);
    const archived = await verb('archive', 'mia', '[marketer]');
    expect(archived.body).toMatchObject({ status: 'archived' });
    const { snapshot } = await api.deps.catalog.snapshot();
    expect(await live()).toBeUndefined();
    expect(snapshot.archived[id]).toBe(1);
    await api.workJobs();
    expect((await api.call('GET', `/v1/jobs/${archived.headers['cairn-job']}`)).body).toMatchObject({
      kind: 'archive',
      status: 'done',
      done: 1,
    });
    expect(await api.deps.runs.get(entry)).toMatchObject({ status: 'closed', reason: 'archived' });
    expect(api.sent.events?.at(-1)).toMatchObject({
      group: profile,
      body: { events: [{ name: '@run-ended', properties: { entry, outcome: 'archived' } }] },
    });
    expect((await api.call('GET', `${path}/runs`)).body).toMatchObject({
      items: [{ run: entry, status: 'closed', outcome: 'archived', version: 1 }],
    });
    // It may be taken up again: the runs of old stay barred.
    expect((await api.call('PUT', path, { body: journey(), as: 'mia' })).body).toMatchObject({
      version: 2,
      status: 'draft',
    });
    expect((await verb('trigger', 'mia', '[marketer]', { profileId: 'ann' })).status).toBe(409);
    await verb('submit', 'mia', '[marketer]');
    await verb('approve', 'otto', '[approver]', { publish: true });
    expect((await api.deps.catalog.snapshot()).snapshot.archived[id]).toBe(1);
    expect(await live()).toMatchObject({ version: 2 });
  });

  test('a published journey cannot be deleted, nor a template that a journey names', async () => {
    await published();
    expect((await api.call('DELETE', path)).status).toBe(409);
    expect(await api.call('DELETE', '/v1/templates/welcome')).toMatchObject({
      status: 409,
      body: { references: expect.arrayContaining([{ kind: 'journeys', id: `j-${serial}` }]) },
    });
  });

  test('what cannot work is refused: at PUT what is wrong in itself, at submit what it refers to', async () => {
    const broken = journey({
      nodes: {
        greet: { type: 'send', template: 'welcome', channels: ['push'], next: 'nowhere' },
        done: { type: 'end', outcome: 'x' },
      },
    });
    expect(await api.call('PUT', path, { body: broken })).toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([expect.objectContaining({ path: '/nodes/greet/next' })]) },
    });
    const missing = journey({
      nodes: {
        greet: { type: 'send', template: 'absent', channels: ['push'], next: 'done' },
        done: { type: 'end', outcome: 'x' },
      },
    });
    expect((await api.call('PUT', path, { body: missing, as: 'mia' })).status).toBe(201);
    expect(await verb('submit', 'mia', '[marketer]')).toMatchObject({
      status: 422,
      body: { errors: [expect.objectContaining({ path: '/nodes/greet/template' })] },
    });
    const sms = journey({
      nodes: {
        greet: { type: 'send', template: 'welcome', channels: ['sms'], next: 'done' },
        done: { type: 'end', outcome: 'x' },
      },
    });
    await api.call('PUT', path, { body: sms, as: 'mia' });
    expect((await verb('submit', 'mia', '[marketer]')).status).toBe(422);
  });

  test('the audit log names who moved it', async () => {
    await published();
    const { items } = (await api.call('GET', '/v1/audit?limit=200', { roles: '[viewer]' })).body as {
      items: Record<string, unknown>[];
    };
    const mine = items
      .filter(({ id }) => id === `j-${serial}`)
      .map(({ actor, action }) => `${String(actor)} ${String(action)}`);
    // Newest first, though all was at one instant.
    expect(mine).toEqual(['otto approve', 'mia submit', 'mia put']);
  });
});

describe('what a journey pins', () => {
  const starts = (target: string) =>
    journey({
      nodes: { greet: { type: 'journey', journey: target, next: 'done' }, done: { type: 'end', outcome: 'started' } },
    });
  const errors = async () => (await verb('submit', 'mia', '[marketer]')).body.errors;

  test('is no draft, no archived journey and none that was never published', async () => {
    const [outer, inner] = [path, `${path}-inner`];
    const at = async (message: string) => {
      path = outer;
      expect(await errors()).toEqual([
        { path: '/nodes/greet/journey', message: `journey j-${serial}-inner ${message}` },
      ]);
    };
    await api.call('PUT', inner, { body: journey(), as: 'mia' });
    await api.call('PUT', outer, { body: starts(`j-${serial}-inner`), as: 'mia' });
    await at('was never published');
    path = inner;
    await published();
    await api.call('PUT', inner, { body: journey({ name: 'Second' }), as: 'mia' });
    await at('has a newer version 2 that is not published: publish or discard it');
    await api.call('DELETE', `${inner}/draft`, { as: 'mia', roles: '[marketer]' });
    expect((await verb('submit', 'mia', '[marketer]')).body.pinned).toEqual({
      templates: {},
      journeys: { [`j-${serial}-inner`]: 1 },
    });
    await verb('reject', 'otto', '[approver]', { comment: 'later' });
    path = inner;
    await verb('archive', 'mia', '[marketer]');
    await at('is archived');
  });

  test('is no tag that is not there', async () => {
    const definition = journey({
      exit: [{ event: 'Ordered', addTags: ['nowhere'] }],
      nodes: {
        greet: { type: 'update', addTags: ['nowhere'], removeTags: ['elsewhere'], next: 'done' },
        done: { type: 'end', outcome: 'marked' },
      },
    });
    await api.call('PUT', path, { body: definition, as: 'mia' });
    expect(await errors()).toEqual([
      { path: '/exit/0/addTags/0', message: 'there is no tag nowhere' },
      { path: '/nodes/greet/addTags/0', message: 'there is no tag nowhere' },
      { path: '/nodes/greet/removeTags/0', message: 'there is no tag elsewhere' },
    ]);
  });

  test('a corrected template comes live by submitting the unchanged journey again', async () => {
    await published();
    const pinned = async (at = path) => ((await api.call('GET', at)).body.pinned as { templates: object }).templates;
    const before = await pinned();
    expect(await verb('submit', 'mia', '[marketer]')).toMatchObject({
      status: 409,
      body: { detail: 'It is published, and so is the newest version of all that it names.' },
    });
    await api.call('PUT', '/v1/templates/welcome', { body: template(`Corrected ${serial}`) });
    const dry = await verb('submit', 'mia', '[marketer]', { dryRun: true });
    const { pins } = dry.body as { pins: { before: { templates: object }; after: { templates: object } } };
    expect(pins.before.templates).toEqual(before);
    expect(pins.after.templates).not.toEqual(before);
    expect((await api.call('GET', path)).body).toMatchObject({ version: 1, status: 'published' });

    expect((await verb('submit', 'mia', '[marketer]')).body).toMatchObject({
      version: 2,
      status: 'submitted',
      published: 1,
      author: 'mia',
      pinned: pins.after,
    });
    expect((await live())?.pins.templates).toEqual(before);
    expect((await verb('approve', 'mia', '[admin]')).status).toBe(403);
    expect((await verb('approve', 'otto', '[approver]', { publish: true })).body).toMatchObject({ published: 2 });
    expect(await live()).toMatchObject({ version: 2, pins: pins.after, definition: { name: 'Welcome' } });
    // Runs of the first version go on with what it pinned.
    expect(await pinned(`${path}?version=1`)).toEqual(before);
  });

  test('a dry run of a draft answers what would be pinned and leaves it a draft; the audit log says that it was one', async () => {
    await api.call('PUT', path, { body: journey(), as: 'mia' });
    expect((await verb('submit', 'mia', '[marketer]', { dryRun: true })).body).toEqual({
      pins: {
        before: { templates: {}, journeys: {} },
        after: { templates: { welcome: expect.any(Number) }, journeys: {} },
      },
    });
    expect((await api.call('GET', path)).body).toMatchObject({ status: 'draft' });
    const { items } = (await api.call('GET', '/v1/audit?limit=10')).body as { items: { action: string }[] };
    expect(items[0]?.action).toBe('submit (dry run)');
    await api.call('PUT', path, { body: starts('nowhere'), as: 'mia' });
    expect((await verb('submit', 'mia', '[marketer]', { dryRun: true })).status).toBe(422);
  });
});

describe('a draft beside a published version', () => {
  test('can be discarded, and its number is given to no other', async () => {
    expect((await api.call('DELETE', `${path}/draft`)).status).toBe(404);
    await api.call('PUT', path, { body: journey(), as: 'mia' });
    expect((await api.call('DELETE', `${path}/draft`)).status).toBe(409);
    await published();
    expect((await api.call('DELETE', `${path}/draft`)).status).toBe(404);
    await api.call('PUT', path, { body: journey({ name: 'Second' }), as: 'bob', roles: '[marketer]' });
    await verb('submit', 'bob', '[marketer]');
    const { etag } = (await api.call('GET', path)).headers;
    expect((await api.call('DELETE', `${path}/draft`, { headers: { 'if-match': '"old"' } })).status).toBe(412);
    const discard = { as: 'mia', roles: '[marketer]', headers: { 'if-match': String(etag) } };
    expect((await api.call('DELETE', `${path}/draft`, discard)).status).toBe(204);
    const shown = (await api.call('GET', path)).body;
    expect(shown).toMatchObject({ version: 1, status: 'published', published: 1, definition: { name: 'Welcome' } });
    expect((await api.call('GET', `${path}?version=2`)).status).toBe(404);
    expect(await live()).toMatchObject({ version: 1 });
    // Content as it is live makes no version; new content does.
    expect((await api.call('PUT', path, { body: journey(), as: 'mia' })).body).toMatchObject({ version: 1 });
    const third = await api.call('PUT', path, { body: journey({ name: 'Third' }), as: 'mia' });
    expect(third.body).toMatchObject({ version: 3, status: 'draft', published: 1 });
    // Who wrote what was discarded may approve what another writes.
    await verb('submit', 'mia', '[marketer]');
    expect((await verb('approve', 'bob', '[approver]')).status).toBe(200);
  });
});

describe('what the view of a journey says', () => {
  test('a rejection, with its comment, until it is submitted again', async () => {
    await api.call('PUT', path, { body: journey(), as: 'mia', roles: '[marketer]' });
    await verb('submit', 'mia', '[marketer]');
    const rejected = { by: 'otto', at: new Date(api.clock.now).toISOString(), comment: 'too pushy', version: 1 };
    expect((await verb('reject', 'otto', '[approver]', { comment: 'too pushy' })).body).toMatchObject({ rejected });
    expect((await api.call('GET', path)).body).toMatchObject({ status: 'draft', rejected });
    const next = await api.call('PUT', path, { body: journey({ name: 'Softer' }), as: 'mia', roles: '[marketer]' });
    expect(next.body).toMatchObject({ version: 2, rejected });
    expect((await verb('submit', 'mia', '[marketer]')).body.rejected).toBeUndefined();
  });

  test.each([
    ['always', 'lets everybody in again when it is published, for it was published before and has reentry'],
    [
      { after: '7d' },
      'lets everybody in again whose last entry is more than 7d ago when it is published, for it was published before and has reentry',
    ],
    ['never', undefined],
  ])('that publishing it again lets everybody in again: reentry %j', async (reentry, message) => {
    await api.call('PUT', '/v1/tags/guest', { body: { name: 'Guest', layer: 'base', owner: 'growth', use: 'test' } });
    const guests = (name: string) => journey({ name, entry: { tag: 'guest', on: 'added', existing: true }, reentry });
    const doubts = message === undefined ? [] : [{ path: '/entry/existing', message }];
    expect((await api.call('PUT', path, { body: guests('First'), as: 'mia' })).body.warnings).toEqual([]);
    await published(guests('First'));
    expect((await api.call('PUT', path, { body: guests('Second'), as: 'mia' })).body.warnings).toEqual(doubts);
    // Submitted unchanged, it would as well.
    await api.call('DELETE', `${path}/draft`);
    await api.call('PUT', '/v1/templates/welcome', { body: template(`Other ${serial}`) });
    expect((await verb('submit', 'mia', '[marketer]')).body.warnings).toEqual(doubts);
  });
});
