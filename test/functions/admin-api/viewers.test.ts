import { beforeAll, describe, expect, test } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { hashId, profileKeyOfUser } from '../../../core/ids.ts';
import { api, audit, customer, EMAIL, HELLO, PHONE, setUpTables, TAG } from './access-harness.ts';
import { NOW } from './api-harness.ts';

setUpTables();

const SECRETS = [PHONE, '138 0013 8000', EMAIL, 'wei.chen', 'token-of-a-phone', '5559876'];

describe('a viewer', () => {
  const viewer = { as: 'vic', roles: '[viewer]' };
  const key = profileKeyOfUser(EMAIL);

  beforeAll(async () => {
    await customer(EMAIL);
    const event: CairnEvent = {
      id: `of-${PHONE}`,
      type: 'track',
      name: `Called ${PHONE}`,
      at: NOW,
      receivedAt: NOW,
      index: 0,
      properties: {
        [PHONE]: [Number(PHONE)],
        note: 'not 5559876',
        url: `https://x.cn/?e=${encodeURIComponent(EMAIL)}`,
      },
      key: 'server',
    };
    await api.deps.profiles.putEvents(key, [event]);
    await api.deps.tasks.create({
      id: hashId('task', 1),
      queue: `agents ${PHONE}`,
      title: 'Call 5559876',
      profile: key,
      source: { kind: 'journey', id: 'hello', version: 1, node: 'call', run: 'r' },
      at: NOW,
    });
    await api.call('PUT', '/v1/journeys/hello', { body: HELLO });
    await api.call('PUT', '/v1/lists/fair', { body: { name: 'Fair' } });
    await api.call('POST', '/v1/lists/fair/members', { body: { profileIds: [EMAIL] } });
    await api.call('PUT', '/v1/tags/known', { body: TAG });
    const run = hashId('run', 1);
    const entered = {
      entry: run,
      profile: key,
      journey: 'hello',
      version: 1,
      key: PHONE,
      at: NOW,
      data: {},
    };
    await api.deps.runs.create(entered, api.clock.now);
    await api.call('POST', '/v1/journeys/hello/submit', { body: { comment: `Asked by ${EMAIL}` }, as: EMAIL });
  });

  test.each([
    `/v1/profiles/${encodeURIComponent(EMAIL)}`,
    `/v1/profiles/${encodeURIComponent(EMAIL)}/timeline`,
    '/v1/tasks',
    '/v1/journeys/hello/runs',
    '/v1/journeys/hello',
    '/v1/lists/fair/members',
    '/v1/lists/fair/export',
    '/v1/audit',
  ])('sees no address in GET %s, whole as it is to a marketer', async (path) => {
    const full = JSON.stringify((await api.call('GET', path, { roles: '[marketer]' })).body);
    const seen = JSON.stringify((await api.call('GET', path, viewer)).body);
    if (path !== '/v1/journeys/hello') expect(SECRETS.filter((secret) => full.includes(secret))).not.toEqual([]);
    expect(SECRETS.filter((secret) => seen.includes(secret))).toEqual([]);
    expect(seen.length).toBeGreaterThan(full.length / 2);
  });

  test('sees no address in a problem', async () => {
    const path = `/v1/profiles/x/timeline?${EMAIL}=1`;
    expect(JSON.stringify((await api.call('GET', path, { roles: '[marketer]' })).body)).toContain(EMAIL);
    const seen = await api.call('GET', path, viewer);
    expect(seen.status).toBe(422);
    expect(JSON.stringify(seen.body)).not.toContain(EMAIL);
  });

  test.each(['tags', 'segments'])(
    'asks no condition of their own of %s, and the refusal stands in the log',
    async (kind) => {
      await api.call('PUT', `/v1/${kind}/known`, {
        body: kind === 'tags' ? TAG : { name: 'Known', if: { tag: 'known' } },
      });
      const preview = (asked: object, body?: object) =>
        api.call('POST', `/v1/${kind}/known/preview`, { ...asked, body });
      const free = { if: { trait: 'phone', startsWith: '138' } };
      expect((await preview(viewer)).status).toBe(200);
      expect((await preview(viewer, {})).status).toBe(200);
      expect(await preview(viewer, free)).toMatchObject({
        status: 403,
        body: { detail: 'A condition in the body needs the role marketer; yours is viewer.' },
      });
      expect((await preview({ roles: '[marketer]' }, free)).status).toBe(200);
      expect(await audit()).toContainEqual(
        expect.objectContaining({
          actor: 'vic',
          action: 'preview',
          kind,
          id: 'known',
          outcome: 'refused',
          status: 403,
        }),
      );
    },
  );
});
