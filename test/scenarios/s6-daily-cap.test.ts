import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const CHANNELS = ['push', 'sms', 'email'] as const;
const content = {
  push: { title: 'News', body: 'Something new' },
  sms: { text: 'Something new' },
  email: { subject: 'News', text: 'Something new' },
};

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', await example('settings', 'daily-cap'));
  for (const channel of CHANNELS) {
    await cairn.ok('marketer', 'PUT', `/v1/templates/news-${channel}`, {
      class: 'marketing',
      content: { [channel]: content[channel] },
    });
    await cairn.ok('marketer', 'PUT', `/v1/journeys/news-${channel}`, {
      name: `News by ${channel}`,
      owner: 'growth',
      entry: { event: 'News Published' },
      reentry: 'always',
      start: 'notify',
      nodes: {
        notify: { type: 'send', template: `news-${channel}`, channels: [channel], next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish(`news-${channel}`);
  }
  await cairn.ok('marketer', 'PUT', '/v1/templates/receipt', {
    class: 'transactional',
    content: { email: { subject: 'Receipt', text: 'Thank you' } },
  });
  await cairn.identify(
    'ann',
    { email: 'ann@example.com', phone: '+8613800138000' },
    {
      context: {
        device: { type: 'ios', token: 'device-1' },
        consent: { categoryPreferences: { push: true, sms: true, email: true } },
      },
    },
  );
});

describe('S6, the daily cap', () => {
  it('suppresses the third marketing message of the day, though three channels race', async () => {
    await cairn.track('ann', 'News Published');
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(2);
    const { items } = await cairn.ok<{ items: { status: string; reason?: string }[] }>(
      'viewer',
      'GET',
      '/v1/messages?profileId=ann',
    );
    expect(items.map((message) => message.status).sort()).toEqual(['sent', 'sent', 'suppressed']);
    expect(items.find((message) => message.status === 'suppressed')?.reason).toBe('daily-cap');
  });

  it('of a channel is asked of the channel that a message goes by in the end', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, per: 'day', channel: 'email' }] });
    await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
      name: 'News',
      entry: { event: 'More News Published' },
      start: 'notify',
      nodes: {
        notify: { type: 'send', template: 'news', channels: ['sms', 'email'], next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish('news');
    await cairn.track('ann', 'News Published');
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'error', times: 1_000 });
    await cairn.track('ann', 'More News Published');
    await cairn.advance('20m');
    expect(await cairn.outbox({ channel: 'email' })).toHaveLength(1);
    const { items } = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/messages?source=journey:news');
    expect(items).toMatchObject([{ channel: 'email', status: 'suppressed', reason: 'daily-cap' }]);
  });

  it('does not count a message that could not be sent', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, per: 'day' }] });
    for (const [id, channel] of [
      ['first', 'sms'],
      ['second', 'email'],
    ]) {
      await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
        name: id,
        entry: { event: `Wants ${id}` },
        start: 'notify',
        nodes: {
          notify: { type: 'send', template: `news-${channel}`, channels: [channel], next: 'done' },
          done: { type: 'end' },
        },
      });
      await cairn.publish(String(id));
    }
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'permanent', times: 1 });
    await cairn.track('ann', 'Wants first');
    await cairn.track('ann', 'Wants second');
    const { items } = await cairn.ok<{ items: { channel: string }[] }>('viewer', 'GET', '/v1/messages?profileId=ann');
    expect(items.toSorted((a, b) => a.channel.localeCompare(b.channel))).toMatchObject([
      { channel: 'email', status: 'sent' },
      { channel: 'sms', status: 'failed', reason: 'provider-permanent' },
    ]);
  });

  it('lets a transactional message through', async () => {
    await cairn.track('ann', 'News Published');
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: 'ann', template: 'receipt' });
    await cairn.local('POST', 'settle');
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(3);
  });

  it("begins anew with the customer's own day", async () => {
    await cairn.track('ann', 'News Published');
    await cairn.advanceTo('2026-11-02T15:59:59.000Z');
    await cairn.track('ann', 'News Published');
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(2);
    await cairn.advanceTo('2026-11-02T16:00:00.000Z');
    await cairn.track('ann', 'News Published');
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(4);
  });
});
