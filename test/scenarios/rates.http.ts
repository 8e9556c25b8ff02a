import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], rates: { sms: 2 } });
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    topic: 'news',
    content: { sms: { text: 'News' }, email: { subject: 'News', text: 'News' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/code', {
    class: 'transactional',
    content: { sms: { text: '123456' } },
  });
  for (const channel of ['sms', 'email']) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/${channel}`, {
      ...{ name: channel, entry: { event: `Start ${channel}` }, reentry: 'always', start: 'notify' },
      nodes: { notify: { type: 'send', template: 'news', channels: [channel], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish(channel);
  }
});

async function meet(id: string, index: number): Promise<void> {
  await cairn.identify(
    id,
    { email: `${id}@example.com`, phone: `+86138001380${String(index).padStart(2, '0')}` },
    { context: { consent: { categoryPreferences: { sms: true, email: true } } } },
  );
}
async function sendAll(event: string, people: number): Promise<void> {
  for (let index = 0; index < people; index += 1) {
    await meet(`c${index}`, index);
    await cairn.track(`c${index}`, event);
  }
}
const sent = async (channel = 'sms') => (await cairn.outbox({ channel })).length;
const ask = async (profileId: string): Promise<string> => {
  const { id } = await cairn.ok<{ id: string }>('marketer', 'POST', '/v1/messages', { profileId, template: 'code' });
  await cairn.local('POST', 'settle');
  return id;
};

describe('a rate', () => {
  it('lets so many pass a second, and all in the end', async () => {
    await sendAll('Start sms', 12);
    // The bucket had three.
    expect(await sent()).toBe(3);
    for (let second = 1; second <= 4; second += 1) {
      await cairn.advance('1s');
      expect(await sent()).toBeLessThanOrEqual(3 + 2 * second);
    }
    await cairn.advance('1m');
    expect(await sent()).toBe(12);
    const dead = await cairn.ok<{ items: { count: number }[] }>('admin', 'GET', '/v1/dead-letters');
    expect(dead.items.every(({ count }) => count === 0)).toBe(true);
  });

  it('is that of its channel alone, and no message takes another channel for it', async () => {
    await sendAll('Start email', 6);
    expect(await sent('email')).toBe(6);
    const { items } = await cairn.ok<{ items: { id: string; rate?: number }[] }>('viewer', 'GET', '/v1/channels');
    expect(Object.fromEntries(items.map(({ id, rate }) => [id, rate]))).toMatchObject({ sms: 2, email: undefined });
  });

  it('is asked before the gate, so that what changes while a message waits still counts', async () => {
    await sendAll('Start sms', 5);
    expect(await sent()).toBe(3);
    await cairn.ok('marketer', 'POST', '/v1/profiles/c3/consents', { key: 'sms', granted: false });
    await cairn.advance('1m');
    expect(await sent()).toBe(4);
    expect(await cairn.ok('viewer', 'GET', '/v1/messages?profileId=c3')).toMatchObject({
      items: [{ status: 'suppressed', reason: 'no-consent' }],
    });
  });

  it('no longer holds once it is taken away', async () => {
    await sendAll('Start sms', 12);
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [] });
    await cairn.advance('10s');
    expect(await sent()).toBe(12);
  });

  it('lets codes pass before what is sent in bulk, which waits on a queue of its own', async () => {
    await meet('ann', 99);
    for (let index = 0; index < 20; index += 1) {
      await meet(`b${index}`, index);
      const [message, profile] = [`bulk-${index}`, profileKeyOfUser(`b${index}`)];
      const source = { kind: 'api', id: message };
      const request = { message, profile, template: { id: 'code', version: 1 }, at: 1, source, priority: 'bulk' };
      await cairn.local('POST', 'enqueue', { queue: 'send-sms-bulk', body: JSON.stringify(request) });
    }
    await cairn.local('POST', 'settle');
    const before = await sent();
    expect(before).toBeLessThanOrEqual(2);
    await ask('ann');
    expect(await sent()).toBe(before + 1);
    await cairn.advance('1m');
    expect(await sent()).toBe(21);
  });
});
