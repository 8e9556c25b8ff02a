import { describe, expect, test } from 'vitest';
import { hashId, profileKeyOfUser } from '../../../core/ids.ts';
import { NOW } from './api-harness.ts';
import { api, at, id, serial, setUpProfiles } from './profiles-harness.ts';

setUpProfiles();

describe('tags by hand', () => {
  const tag = (more: object = {}) => ({ name: 'T', layer: 'base', owner: 'o', use: 'u', ...more });
  test('go to the profile’s own message group; a tag with a rule is 409, an unknown one 404', async () => {
    await api.call('PUT', '/v1/tags/by-hand', { body: tag() });
    await api.call('PUT', '/v1/tags/by-rule', { body: tag({ if: { trait: 'city', eq: 'Shanghai' } }) });
    expect(await api.call('PUT', `${at(id)}/tags/by-hand`)).toMatchObject({
      status: 200,
      body: { tags: expect.arrayContaining([expect.objectContaining({ id: 'by-hand' })]) },
    });
    expect(api.sent.events?.at(-1)).toMatchObject({
      group: profileKeyOfUser(id),
      body: { events: [{ name: '@tag-added', key: 'cairn', properties: { tag: 'by-hand' } }] },
    });
    expect((await api.call('DELETE', `${at(id)}/tags/by-hand`)).status).toBe(204);
    expect(api.sent.events?.at(-1)).toMatchObject({ body: { events: [{ name: '@tag-removed' }] } });
    expect((await api.call('PUT', `${at(id)}/tags/by-rule`)).status).toBe(409);
    expect((await api.call('PUT', `${at(id)}/tags/unknown`)).status).toBe(404);
  });

  test('a rule made after the profile’s last event shows in its tags at once', async () => {
    await api.call('PUT', '/v1/tags/shanghai', { body: tag({ if: { trait: 'city', eq: 'Shanghai' } }) });
    expect((await api.call('GET', at(id))).body.tags).toContainEqual(expect.objectContaining({ id: 'shanghai' }));
  });
});

describe('consent', () => {
  test('an entry is answered with 201, holds at once, and the later one wins', async () => {
    const entry = await api.call('POST', `${at(id)}/consents`, {
      body: { key: 'sms', granted: true, text: 'form of May' },
      as: 'mia',
    });
    expect(entry).toMatchObject({
      status: 201,
      body: {
        key: 'sms',
        granted: true,
        at: '2026-11-02T01:00:00.000Z',
        source: 'api',
        actor: 'mia',
        text: 'form of May',
      },
    });
    await api.call('POST', `${at(id)}/consents`, {
      body: { key: 'sms', granted: false, at: '2026-11-01T00:00:00.000Z', source: 'import' },
    });
    await api.call('POST', `${at(id)}/consents`, { body: { key: 'sms:offers', granted: false } });
    expect((await api.call('GET', at(id))).body.consent).toMatchObject({
      sms: { granted: true, source: 'api', topics: { offers: { granted: false } } },
    });
    const { items } = (await api.call('GET', `${at(id)}/consents`)).body as { items: unknown[] };
    expect(items).toHaveLength(3);
    expect(
      (
        await api.call('POST', `${at(id)}/consents`, {
          body: { key: 'sms', granted: true, at: '2026-11-02T01:00:00.001Z' },
        })
      ).status,
    ).toBe(422);
  });

  test.each(['advertising', 'sms:', 'SMS'])('for %s, which is no channel of ours, is refused', async (key) => {
    const answer = await api.call('POST', `${at(id)}/consents`, { body: { key, granted: true } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/key' }] } });
  });
});

describe('tasks', () => {
  test('are listed, completed once, and send an event to the run’s profile', async () => {
    const key = profileKeyOfUser(id);
    const task = {
      id: hashId('task', id),
      queue: 'customer-service',
      title: 'Call',
      profile: key,
      source: { kind: 'journey' as const, id: 'j', version: 1, node: 'call', run: 'r' },
      at: NOW + serial,
    };
    await api.deps.tasks.create(task);
    await api.deps.tasks.create(task);
    const listed = await api.call('GET', '/v1/tasks?queue=customer-service&status=open');
    expect((listed.body.items as { id: string }[]).filter((one) => one.id === task.id)).toEqual([
      {
        id: task.id,
        queue: 'customer-service',
        title: 'Call',
        profileId: id,
        status: 'open',
        source: task.source,
        at: new Date(task.at).toISOString(),
      },
    ]);
    const done = await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'won' } });
    expect(done).toMatchObject({ status: 200, body: { status: 'done', outcome: 'won', profileId: id } });
    const reported = api.sent.events?.at(-1);
    expect(reported).toMatchObject({
      group: key,
      body: {
        events: [
          {
            name: 'Task Completed',
            properties: { taskId: task.id, outcome: 'won', queue: 'customer-service', source: 'journey:j:call' },
          },
        ],
      },
    });
    await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'won' } });
    expect(api.sent.events?.at(-1)).toEqual(reported);
    expect((await api.call('POST', `/v1/tasks/${task.id}/complete`, { body: { outcome: 'lost' } })).status).toBe(409);
    expect((await api.call('GET', '/v1/tasks?status=open&queue=customer-service')).body.items).not.toContainEqual(
      expect.objectContaining({ id: task.id }),
    );
    expect((await api.call('POST', '/v1/tasks/none/complete', { body: { outcome: 'x' } })).status).toBe(404);
  });
});

describe('channels', () => {
  test('are paused by a marketer and resumed by an approver, who lets go what was held', async () => {
    expect((await api.call('GET', '/v1/channels', { roles: '[viewer]' })).body).toMatchObject({
      items: [{ id: 'email', status: 'active' }, { id: 'sms' }, { id: 'push' }, { id: 'webhook' }],
    });
    expect(
      (
        await api.call('POST', '/v1/channels/sms/pause', {
          body: { all: true, reason: 'wrong price' },
          roles: '[marketer]',
        })
      ).body,
    ).toMatchObject({ id: 'sms', status: 'paused', all: true });
    expect((await api.deps.catalog.snapshot()).pointer.channels.sms).toMatchObject({
      all: true,
      reason: 'wrong price',
    });
    expect((await api.call('POST', '/v1/channels/sms/resume', { roles: '[marketer]' })).status).toBe(403);
    const resumed = await api.call('POST', '/v1/channels/sms/resume', { roles: '[approver]' });
    expect(resumed.body).toEqual({ id: 'sms', status: 'active', breaker: 'closed' });
    expect(await api.deps.jobs.get(String(resumed.headers['cairn-job']))).toMatchObject({
      work: { kind: 'release', held: 'sms' },
      shards: 1,
    });
    expect((await api.call('POST', '/v1/channels/fax/pause')).status).toBe(404);
  });
});
