import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const NOW = Date.parse('2026-11-02T01:00:00.000Z');
const consent = {
  consent: { categoryPreferences: { push: true } },
};
const as = (userId: string) => ({ context: { ...consent, device: { type: 'ios', token: `token-${userId}` } } });

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('marketer', 'PUT', '/v1/templates/hello', {
    class: 'marketing',
    content: { push: { title: 'Hello', body: 'there' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/hello', {
    name: 'Hello',
    owner: 'growth',
    entry: { event: 'Hello' },
    reentry: 'always',
    start: 'notify',
    nodes: { notify: { type: 'send', template: 'hello', channels: ['push'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('hello');
});

/** Puts a message on the profiles' queue, past the API, which would refuse it. */
const enqueue = (body: unknown, group: string): Promise<object> =>
  cairn.local('POST', 'enqueue', {
    queue: 'events',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    group,
  });
const deadLetters = async (queue = 'events'): Promise<{ body: string; group?: string; cause?: string }[]> =>
  (
    await cairn.local<{ items: { body: string; group?: string; cause?: string }[] }>(
      'GET',
      `dead-letters?queue=${queue}`,
    )
  ).items;
const greeted = async (): Promise<string[]> => (await cairn.outbox()).map(({ profileId }) => profileId);

const event = (id: string, name: string) => ({
  id,
  type: 'track',
  name,
  at: NOW,
  receivedAt: NOW,
  index: 0,
  key: 'server',
});

describe('a poison record on the queue of profiles', () => {
  it('is put aside at once with its cause, while what lies before and behind it passes', async () => {
    await cairn.identify('ann', {}, as('ann'));
    await cairn.identify('bob', {}, as('bob'));
    const [ann, bob] = [profileKeyOfUser('ann'), profileKeyOfUser('bob')];
    const wrong = { profile: ann, events: [{ ...event('e2', 'Hello'), at: 'noon' }] };
    await enqueue({ profile: ann, events: [event('e1', 'Logged In')] }, ann);
    await enqueue('not { json', ann);
    await enqueue(wrong, ann);
    await enqueue({ profile: ann, events: [event('e3', 'Hello')] }, ann);
    await enqueue({ profile: bob, events: [event('e4', 'Hello')] }, bob);
    await cairn.local('POST', 'settle');

    expect(await deadLetters()).toEqual([
      { queue: 'events', group: ann, body: 'not { json', cause: 'body is not JSON' },
      {
        queue: 'events',
        group: ann,
        body: JSON.stringify(wrong),
        cause: expect.stringMatching(/^\/events\/0\/at: .*expected number/),
      },
    ]);
    expect((await greeted()).sort()).toEqual(['ann', 'bob']);
    const timeline = await cairn.ok<{ items: { messageId: string }[] }>('viewer', 'GET', '/v1/profiles/ann/timeline');
    const ids = timeline.items.map(({ messageId }) => messageId);
    expect(ids).toEqual(expect.arrayContaining(['e1', 'e3']));
    expect(ids).not.toContain('e2');
    expect(await cairn.now()).toBe('2026-11-02T01:00:00.000Z');
  });

  it('that fails without being understood holds up its own message group alone, and goes aside after ten deliveries', async () => {
    await cairn.identify('bob', {}, as('bob'));
    // No calendar has this instant: well formed, and yet every try fails.
    const failing = {
      profile: 'nobody',
      identity: { kind: 'user', id: 'nobody' },
      events: [{ ...event('e1', 'Hello'), at: 9e15 }],
    };
    await enqueue(failing, 'nobody');
    await cairn.track('bob', 'Hello');
    expect(await greeted()).toEqual(['bob']);
    expect(await deadLetters()).toEqual([]);
    await cairn.advance('6h');
    expect(await deadLetters()).toEqual([{ queue: 'events', group: 'nobody', body: JSON.stringify(failing) }]);
    await cairn.track('bob', 'Hello');
    expect(await greeted()).toEqual(['bob', 'bob']);
  }, 60_000);

  it('that DynamoDB will never take is put aside at once, and the next of its group goes on', async () => {
    await cairn.identify('ann', {}, as('ann'));
    const ann = profileKeyOfUser('ann');
    const failing = { profile: 'x'.repeat(2_100), events: [event('e1', 'Hello')] };
    await enqueue(failing, ann);
    await enqueue({ profile: ann, events: [event('e2', 'Hello')] }, ann);
    await cairn.local('POST', 'settle');
    expect(await greeted()).toEqual(['ann']);
    expect(await deadLetters()).toEqual([
      {
        queue: 'events',
        group: ann,
        body: JSON.stringify(failing),
        cause: expect.stringMatching(/^ValidationException: /),
      },
    ]);
    expect(await cairn.now()).toBe('2026-11-02T01:00:00.000Z');
  });

  it("is put aside on the queue of providers' feedback, too", async () => {
    await cairn.local('POST', 'enqueue', { queue: 'feedback', body: '{"Message": "no JSON"}' });
    await cairn.local('POST', 'settle');
    expect(await deadLetters('feedback')).toEqual([
      { queue: 'feedback', body: '{"Message": "no JSON"}', cause: 'the notification holds no JSON object' },
    ]);
    expect(await deadLetters('events')).toEqual([]);
  });

  it('is looked for on queues that are there', async () => {
    for (const [method, path, body] of [
      ['GET', 'dead-letters?queue=nowhere', undefined],
      ['POST', 'enqueue', { queue: 'nowhere', body: '' }],
    ] as const) {
      const answer = await cairn.call(method, `/_local/${path}`, body);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
  });
});

describe('a runaway profile', () => {
  const EVENTS = 180;
  const CLIENTS = 20;
  const OTHERS = 20;
  const key = `Basic ${Buffer.from('dev:').toString('base64')}`;
  const others = Array.from({ length: OTHERS }, (_, n) => `other-${n}`);

  /** Does not wait for the effects. */
  async function track(userId: string, name: string): Promise<void> {
    const { status } = await cairn.call('POST', '/v1/track', { userId, event: name }, { authorization: key });
    expect(status).toBe(200);
  }

  it('does not hold up the others, and loses nothing itself', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/tags/restless', {
      name: 'Restless',
      layer: 'behaviour',
      owner: 'growth',
      use: 'test',
      reviewBy: '2027-05-01',
      if: { event: 'Scrolled', within: '1d', count: { gte: EVENTS } },
    });
    const everybody = ['runaway', ...others].map((userId) => ({ type: 'identify', userId, ...as(userId) }));
    await cairn.post('batch', { batch: everybody });

    const client = async () => {
      for (let sent = 0; sent < EVENTS / CLIENTS; sent += 1) await track('runaway', 'Scrolled');
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await track('runaway', 'Hello');
    await Promise.all(others.map((userId) => track(userId, 'Hello')));
    await cairn.local('POST', 'settle');

    const order = await greeted();
    expect([...order].sort()).toEqual(['runaway', ...others].sort());
    // It stood first in the queue; of one group for all, it would be first here.
    expect(order.at(-1)).toBe('runaway');
    const profile = await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', '/v1/profiles/runaway');
    expect(profile.tags.map(({ id }) => id)).toEqual(['restless']);
    expect(await deadLetters()).toEqual([]);
  }, 60_000);
});
