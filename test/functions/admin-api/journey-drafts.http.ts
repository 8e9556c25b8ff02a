import { describe, expect, test } from 'vitest';
import {
  api,
  callOn,
  journey,
  live,
  path,
  published,
  serial,
  setUpJourneys,
  template,
  verb,
} from './journeys-harness.ts';

setUpJourneys();

describe('what a journey pins', () => {
  const starts = (target: string) =>
    journey({
      nodes: { greet: { type: 'journey', journey: target, next: 'done' }, done: { type: 'end', outcome: 'started' } },
    });
  const errors = async () => (await verb('submit', 'mia', '[marketer]')).body.errors;

  test('is no draft, no archived journey and none that was never published', async () => {
    const [outer, inner] = [path, `${path}-inner`];
    const at = async (message: string) => {
      callOn(outer);
      expect(await errors()).toEqual([
        { path: '/nodes/greet/journey', message: `journey j-${serial}-inner ${message}` },
      ]);
    };
    await api.call('PUT', inner, { body: journey(), as: 'mia' });
    await api.call('PUT', outer, { body: starts(`j-${serial}-inner`), as: 'mia' });
    await at('was never published');
    callOn(inner);
    await published();
    await api.call('PUT', inner, { body: journey({ name: 'Second' }), as: 'mia' });
    await at('has a newer version 2 that is not published: publish or discard it');
    await api.call('DELETE', `${inner}/draft`, { as: 'mia', roles: '[marketer]' });
    expect((await verb('submit', 'mia', '[marketer]')).body.pinned).toEqual({
      templates: {},
      journeys: { [`j-${serial}-inner`]: 1 },
    });
    await verb('reject', 'otto', '[approver]', { comment: 'later' });
    callOn(inner);
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
