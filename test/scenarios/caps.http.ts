import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
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
const send = (template: string, next: string, more: object = {}) => ({ type: 'send', template, next, ...more });

async function defined(id: string, event: string, nodes: object, more: object = {}): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    owner: 'growth',
    entry: { event, key: 'item' },
    reentry: 'always',
    start: 'notify',
    nodes: { ...nodes, done: { type: 'end' } },
    ...more,
  });
  await cairn.publish(id);
}

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content });
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

interface Row {
  id: string;
  status: string;
  reason?: string;
  source: { node: string };
}
async function rows(source?: string): Promise<Row[]> {
  const query = source === undefined ? 'profileId=ann' : `profileId=ann&source=${source}`;
  const { items } = await cairn.ok<{ items: Row[] }>('viewer', 'GET', `/v1/messages?${query}&limit=200`);
  return items;
}
const outcomes = (all: Row[]): string[] => all.map(({ status, reason }) => reason ?? status).sort();

describe('caps', () => {
  it('let exactly two of 150 messages pass that race over three channels', { timeout: 60_000 }, async () => {
    for (const channel of CHANNELS)
      await defined(channel, `By ${channel}`, { notify: send('news', 'done', { channels: [channel] }) });
    const batch = Array.from({ length: 150 }, (_, index) => ({
      type: 'track',
      userId: 'ann',
      event: `By ${CHANNELS[index % 3]}`,
      properties: { item: `item-${index}` },
    }));
    await cairn.post('batch', { batch });
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(2);
    expect(outcomes(await rows())).toEqual([...Array(148).fill('daily-cap'), 'sent', 'sent']);
  });

  it('of a day end where the messages were counted and where the customer is', async () => {
    await defined('news', 'News Published', { notify: send('news', 'done', { channels: ['email'] }) });
    const publish = async (item: string) => {
      await cairn.track('ann', 'News Published', { item });
      return (await cairn.outbox({ profileId: 'ann' })).length;
    };
    // 22:00 in Shanghai, then 23:50, which is 00:50 of the next day in Tokyo.
    await cairn.advanceTo('2026-11-02T14:00:00.000Z');
    expect([await publish('a'), await publish('b')]).toEqual([1, 2]);
    await cairn.advanceTo('2026-11-02T15:50:00.000Z');
    await cairn.identify('ann', { timezone: 'Asia/Tokyo' });
    expect(await publish('c')).toBe(2);
    await cairn.advanceTo('2026-11-02T16:00:00.000Z');
    expect([await publish('d'), await publish('e'), await publish('f')]).toEqual([3, 4, 4]);
    // Westward: in London the date of both comes again until its own midnight.
    await cairn.identify('ann', { timezone: 'Europe/London' });
    expect(await publish('g')).toBe(4);
    await cairn.advanceTo('2026-11-02T23:59:59.000Z');
    expect(await publish('h')).toBe(4);
    // Still the third in Tokyo, where they were counted.
    await cairn.advanceTo('2026-11-03T00:00:00.000Z');
    expect(await publish('i')).toBe(4);
    await cairn.advanceTo('2026-11-03T15:00:00.000Z');
    expect(await publish('j')).toBe(5);
  });

  it('judge a message anew that was counted on one day and leaves on the next', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', {
      caps: [{ max: 1, per: 'day' }],
      floors: [],
      validFor: { journey: '5d' },
    });
    for (const channel of ['sms', 'email'] as const)
      await defined(channel, `By ${channel}`, { notify: send('news', 'done', { channels: [channel] }) });
    // 23:59 in Shanghai.
    await cairn.advanceTo('2026-11-02T15:59:00.000Z');
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times: 1_000 });
    await cairn.track('ann', 'By sms', { item: 'a' });
    // Counted on the second, though it has not left yet.
    await cairn.track('ann', 'By email', { item: 'b' });
    expect(outcomes(await rows('journey:email'))).toEqual(['daily-cap']);
    await cairn.advanceTo('2026-11-02T16:30:00.000Z');
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times: 0 });
    await cairn.advance('1h');
    expect(await cairn.outbox({ channel: 'sms' })).toHaveLength(1);
    // It has left on the third, so it counts there.
    await cairn.track('ann', 'By email', { item: 'c' });
    expect(await cairn.outbox({ channel: 'email' })).toHaveLength(0);
  });

  it('judge and count a message that a person sends again on the day of the act', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, per: 'day' }] });
    for (const channel of ['sms', 'email'] as const)
      await defined(channel, `By ${channel}`, { notify: send('news', 'done', { channels: [channel] }) });
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'timeout', times: 1 });
    await cairn.track('ann', 'By sms', { item: 'a' });
    const [lost] = await rows('journey:sms');
    expect(lost).toMatchObject({ status: 'unknown' });
    const resend = async () => {
      await cairn.ok('marketer', 'POST', `/v1/messages/${lost?.id}/resend`, { risk: 'may-double' });
      await cairn.local('POST', 'settle');
      return outcomes(await rows('journey:sms'));
    };
    // The next day has a message of its own.
    await cairn.advance('1d');
    await cairn.track('ann', 'By email', { item: 'b' });
    expect(await resend()).toEqual(['daily-cap']);
    await cairn.advance('1d');
    expect(await resend()).toEqual(['sent']);
    await cairn.track('ann', 'By email', { item: 'c' });
    expect(outcomes(await rows('journey:email'))).toEqual(['daily-cap', 'sent']);
  });

  it('that look back further than what is kept say so', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { sms: { signature: '【Shop】', optOut: '拒收请回复R' } });
    const put = (id: string, within: string) =>
      cairn.ok<{ warnings: object[] }>('marketer', 'PUT', `/v1/journeys/${id}`, {
        ...{ name: id, owner: 'growth', entry: { event: 'News Published' }, start: 'notify' },
        nodes: { notify: send('news', 'done', { caps: [{ max: 1, within }] }), done: { type: 'end' } },
      });
    await cairn.track('ann', 'News Published');
    expect((await put('month', '31d')).warnings).toEqual([]);
    expect((await put('season', '90d')).warnings).toEqual([
      {
        path: '/nodes/notify/caps/0/within',
        message:
          'messages of the last 31 days are known so far; the cap counts all 90d once it has been live for that long',
      },
    ]);
    await cairn.publish('season');
    expect((await put('other', '90d')).warnings).toEqual([]);
  });

  it('of a node count the node, those of a journey all its nodes', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [] });
    const one = { channels: ['email'], caps: [{ max: 1, within: '7d' }] };
    await defined('tour', 'Tour', { notify: send('news', 'again', one), again: send('news', 'done', one) });
    await cairn.track('ann', 'Tour', { item: 'a' });
    expect(outcomes(await rows('journey:tour'))).toEqual(['sent', 'sent']);
    await cairn.track('ann', 'Tour', { item: 'b' });
    expect(outcomes(await rows('journey:tour'))).toEqual(['rolling-cap', 'rolling-cap', 'sent', 'sent']);

    const plain = { channels: ['email'] };
    await defined(
      'other',
      'Other',
      { notify: send('news', 'again', plain), again: send('news', 'done', plain) },
      { caps: [{ max: 1, per: 'day' }] },
    );
    await cairn.track('ann', 'Other', { item: 'a' });
    const other = await rows('journey:other');
    expect(other.map(({ source, reason, status }) => [source.node, reason ?? status]).sort()).toEqual([
      ['again', 'daily-cap'],
      ['notify', 'sent'],
    ]);
  });
});
