import { describe, expect, test } from 'vitest';
import { entryIdOf, profileKeyOfUser } from '../../../core/ids.ts';
import { api, journey, live, path, published, serial, setUpJourneys, template, verb } from './journeys-harness.ts';

setUpJourneys();

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
