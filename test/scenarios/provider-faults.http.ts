import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const CHANNELS = ['email', 'sms', 'push'] as const;
type Channel = (typeof CHANNELS)[number];

beforeEach(async () => {
  await cairn.reset();
  const content = { email: { subject: 'News', text: 'News' }, sms: { text: 'News' }, push: { title: 'a', body: 'b' } };
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'transactional', content });
  for (const channel of CHANNELS) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/by-${channel}`, {
      name: channel,
      entry: { event: `By ${channel}` },
      reentry: 'always',
      start: 'notify',
      // Whoever is passed on to the next channel would be reached twice.
      nodes: {
        notify: {
          type: 'send',
          template: 'news',
          channels: [channel, ...CHANNELS.filter((one) => one !== channel)],
          next: 'done',
        },
        done: { type: 'end' },
      },
    });
    await cairn.publish(`by-${channel}`);
    await cairn.identify(channel, { email: `${channel}@example.com`, phone: PHONES[channel] });
    for (const token of ['token-1', 'token-2', 'token-3'])
      await cairn.identify(channel, {}, { context: { device: { type: 'android', token: `${channel}-${token}` } } });
  }
});
const PHONES = { email: '+8613800138000', sms: '+8613800138001', push: '+8613800138002' };

const statusesOf = async (profileId: string) => {
  const query = `/v1/messages?profileId=${profileId}`;
  const { items } = await cairn.ok<{ items: { id: string; status: string; channel?: string }[] }>(
    'viewer',
    'GET',
    query,
  );
  return items.map(({ status, channel }) => [status, channel]);
};
const fault = (provider: Channel, mode: string, times = 1) => cairn.local('POST', 'faults', { provider, mode, times });

describe('a provider that takes a message', () => {
  it.each(['reset', 'garbage', 'lost', 'late'])(
    'and fails afterwards (%s) leaves it unknown: it goes out once, by no other channel, until a receipt settles it',
    async (mode) => {
      for (const channel of CHANNELS) await fault(channel, mode);
      await Promise.all(CHANNELS.map((channel) => cairn.track(channel, `By ${channel}`)));
      await cairn.advance('2h');
      for (const channel of CHANNELS) expect(await statusesOf(channel)).toEqual([['unknown', channel]]);
      const sent = await cairn.outbox();
      expect(sent.map(({ channel, profileId }) => [channel, profileId]).sort()).toEqual(
        CHANNELS.map((channel) => [channel, channel]).sort(),
      );
      // Nobody reports that a push message has arrived.
      const reported = sent.filter(({ channel }) => channel !== 'push');
      for (const { messageId } of reported) await cairn.local('POST', 'feedback', { messageId, kind: 'delivered' });
      await cairn.local('POST', 'settle');
      for (const { channel } of reported) expect(await statusesOf(channel)).toEqual([['delivered', channel]]);
      expect(await cairn.outbox()).toHaveLength(CHANNELS.length);
    },
    60_000,
  );

  it('for some tokens has sent it: the token that is gone is not used again', async () => {
    await fault('push', 'partial');
    await cairn.track('push', 'By push');
    await cairn.advance('2h');
    expect(await statusesOf('push')).toEqual([['sent', 'push']]);
    const [first] = await cairn.outbox();
    const [reached, gone, later] = [first?.to].flat();
    await cairn.track('push', 'By push');
    expect((await cairn.outbox()).map(({ to }) => to)).toEqual([
      [reached, gone, later],
      [reached, later],
    ]);
  });
});

describe('a provider that says that it failed', () => {
  it('has not taken the message: it is tried again', async () => {
    for (const channel of CHANNELS) await fault(channel, 'error', 2);
    await Promise.all(CHANNELS.map((channel) => cairn.track(channel, `By ${channel}`)));
    await cairn.advance('2h');
    for (const channel of CHANNELS) expect(await statusesOf(channel)).toEqual([['sent', channel]]);
    expect((await cairn.outbox()).length).toBe(CHANNELS.length);
  });
});
