import { describe, expect, test } from 'vitest';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { api, audit, customer, type Entry, HELLO, setUpTables, TAG } from './access-harness.ts';

setUpTables();

describe('the audit log', () => {
  test('knows of an act before it is done, and what became of it', async () => {
    const during: Entry[][] = [];
    const { pause } = { pause: api.deps.rules.setPause };
    api.deps.rules.setPause = async (...args) => {
      during.push(await audit());
      return pause(...args);
    };
    try {
      await api.call('POST', '/v1/channels/sms/pause', { as: 'ada', body: { reason: 'an outage' } });
    } finally {
      api.deps.rules.setPause = pause;
    }
    const asked = { actor: 'ada', action: 'pause', kind: 'channels', id: 'sms', comment: 'an outage' };
    expect(during[0]?.[0]).toEqual({ at: expect.any(String), ...asked });
    expect((await audit())[0]).toEqual({ at: expect.any(String), ...asked, outcome: 'done', status: 200 });
  });

  test('says of a verb on everything what it acted on', async () => {
    await api.call('POST', '/v1/pause', { as: 'ada', body: { reason: 'a storm' } });
    expect((await audit())[0]).toMatchObject({ actor: 'ada', action: 'pause', kind: 'channels', comment: 'a storm' });
    await api.call('POST', '/v1/resume', { as: 'bob', roles: '[approver]' });
    expect((await audit())[0]).toMatchObject({ actor: 'bob', action: 'resume', kind: 'channels', outcome: 'done' });
  });

  test('that cannot be written leaves the act undone', async () => {
    const { add } = api.deps.audit;
    api.deps.audit.add = async () => {
      throw new Error('no table');
    };
    try {
      await expect(api.call('PUT', '/v1/tags/unheard', { body: TAG })).rejects.toThrow('no table');
    } finally {
      api.deps.audit.add = add;
    }
    expect((await api.call('GET', '/v1/tags/unheard')).status).toBe(404);
  });

  test('records what was refused, and what failed', async () => {
    await api.call('POST', '/v1/journeys/nowhere/publish', { as: 'bob' });
    expect((await audit())[0]).toMatchObject({ actor: 'bob', id: 'nowhere', outcome: 'refused', status: 404 });
    const { head } = api.deps.definitions;
    api.deps.definitions.head = async () => {
      throw new Error('broken');
    };
    try {
      await expect(api.call('POST', '/v1/journeys/hello/publish', { as: 'cat' })).rejects.toThrow('broken');
    } finally {
      api.deps.definitions.head = head;
    }
    expect((await audit())[0]).toMatchObject({ actor: 'cat', outcome: 'failed', status: 500 });
  });

  test('holds no id of a customer', async () => {
    await customer('kim@example.com');
    await api.call('PATCH', '/v1/profiles/kim%40example.com', { body: { traits: { city: 'Wuhan' } } });
    await api.call('DELETE', '/v1/lists/fair/members/kim%40example.com');
    const [taken, patched] = await audit();
    expect(patched).toMatchObject({ kind: 'profiles', id: profileKeyOfUser('kim@example.com') });
    expect(taken).toMatchObject({ kind: 'lists', id: `fair/${profileKeyOfUser('kim@example.com')}` });
  });

  test('is hidden by no long comment: 2,000 characters are taken, more are refused', async () => {
    await api.call('PUT', '/v1/journeys/wordy', { body: HELLO });
    for (const [verb, field] of [
      ['submit', 'comment'],
      ['approve', 'comment'],
      ['reject', 'comment'],
      ['publish', 'comment'],
      ['pause', 'comment'],
      ['pause', 'reason'],
      ['resume', 'comment'],
      ['archive', 'comment'],
    ] as const)
      expect(
        await api.call('POST', `/v1/journeys/wordy/${verb}`, { body: { [field]: 'x'.repeat(700_000) } }),
      ).toMatchObject({ status: 422, body: { errors: [{ path: `/${field}` }] } });
    for (const verb of ['pause', 'resume']) {
      const field = verb === 'pause' ? 'reason' : 'comment';
      const answer = await api.call('POST', `/v1/channels/push/${verb}`, { body: { [field]: 'x'.repeat(395_000) } });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: `/${field}` }] } });
    }
    expect(
      (await api.call('POST', '/v1/journeys/wordy/submit', { body: { comment: '好'.repeat(2_000) } })).status,
    ).toBe(200);
  });
});
