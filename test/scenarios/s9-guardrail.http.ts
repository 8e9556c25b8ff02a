import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { alerts, enter, guardrail, installJourney, numbers, stop } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    ...(await example('settings', 'guardrails')),
    ...{ caps: [], approval: { required: false } },
  });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
  await installJourney(cairn, 'news', {
    event: 'Published',
    channel: 'email',
    content: { subject: 'News', text: 'New' },
  });
});
afterAll(() => releaseCairn(cairn));

const status = async (channel = 'sms') => {
  const { items } = await cairn.ok<{ items: { id: string; status: string; reason?: string }[] }>(
    'viewer',
    'GET',
    '/v1/channels',
  );
  return items.find(({ id }) => id === channel);
};
const stops = async (from: number, count: number) => {
  for (const index of numbers(from, count)) await stop(cairn, index);
  await cairn.local('POST', 'settle');
};
const sentTo = async (channel: string) => (await cairn.outbox({ channel })).length;
const notices = async () =>
  (await cairn.local<{ items: { topic: string; subject: string; message: string }[] }>('GET', 'notices')).items;

describe('S9, the unsubscribe rate of a channel', { shuffle: false }, () => {
  it('may be 5.0 %: 49 and 50 of 1,000', async () => {
    await enter(cairn, 'Offered', 0, 1000);
    await stops(0, 49);
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 1000, did: 49, rate: 0.049, state: 'ok' });
    await stops(49, 1);
    expect(await guardrail(cairn, 'sms')).toMatchObject({ did: 50, rate: 0.05, state: 'ok' });
    expect(await status()).toMatchObject({ status: 'active' });
    expect(await alerts(cairn)).toEqual([]);
  }, 240_000);

  it('pauses the channel at 51 of 1,000, with an alert, an audit entry, and a message to those who subscribe', async () => {
    await stops(50, 1);
    const detail = 'guardrail: unsubscribe rate 5.1 % of 1000 messages within 24h, over 5 %';
    expect(await status()).toMatchObject({ status: 'paused', reason: detail });
    const paused = { kind: 'guardrail', scope: 'channel', scopeId: 'sms', metric: 'unsubscribe', did: 'paused' };
    expect(await alerts(cairn)).toEqual([
      expect.objectContaining({ ...paused, value: 0.051, threshold: 0.05, detail }),
    ]);
    expect(await notices()).toMatchObject([
      { topic: 'cairn-alerts', subject: 'Cairn: channel sms was paused (guardrail)' },
    ]);
    expect(JSON.parse((await notices())[0]?.message ?? '')).toMatchObject({ ...paused, value: 0.051 });
    const { items } = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/audit');
    expect(items).toContainEqual(
      expect.objectContaining({ actor: 'guardrail', action: 'pause', kind: 'channels', id: 'sms', comment: detail }),
    );
    // More of them change nothing.
    await stops(51, 2);
    expect([(await alerts(cairn)).length, (await notices()).length]).toEqual([1, 1]);
  });

  it('holds what is due by SMS, and lets mail go on', async () => {
    await enter(cairn, 'Offered', 1000, 3);
    await enter(cairn, 'Published', 1000, 3);
    expect(await sentTo('email')).toBe(3);
    const { items } = await cairn.ok<{ items: { status: string }[] }>('viewer', 'GET', '/v1/messages?status=held');
    expect(items).toHaveLength(3);
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 1000 });
  });

  it('is resumed by an approver, not by a marketer: what was held is sent, once', async () => {
    expect((await cairn.as('marketer', 'POST', '/v1/channels/sms/resume', {})).status).toBe(403);
    expect(await status()).toMatchObject({ status: 'paused' });
    await cairn.ok('approver', 'POST', '/v1/channels/sms/resume', {});
    await cairn.advance('1m');
    expect(await status()).toMatchObject({ status: 'active' });
    const sent = (await cairn.outbox({ channel: 'sms' })).map(({ to }) => to);
    expect([sent.length, new Set(sent).size]).toEqual([1003, 1003]);
  }, 120_000);

  it('counts anew after that, and nothing below the least volume: 25 of 499 are over 5 %, and too few', async () => {
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 3, did: 0 });
    await enter(cairn, 'Offered', 1003, 496);
    await stops(1003, 25);
    // Answers to what was sent before.
    await stops(100, 5);
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 499, did: 25, state: 'too-few' });
    expect(await status()).toMatchObject({ status: 'active' });
  }, 240_000);

  it('pauses again at 31 of 600', async () => {
    await enter(cairn, 'Offered', 1499, 101);
    await stops(1028, 5);
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 600, did: 30, rate: 0.05, state: 'ok' });
    await stops(1033, 1);
    expect(await status()).toMatchObject({ status: 'paused' });
    expect((await alerts(cairn)).map(({ did }) => did)).toEqual(['paused', 'paused']);
  }, 240_000);

  it('counts messages of 24 hours alone', async () => {
    await cairn.advance('23h');
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 600, did: 31, state: 'breached' });
    await cairn.advance('1h');
    expect(await guardrail(cairn, 'sms')).toMatchObject({ sample: 0, did: 0, state: 'too-few' });
  }, 60_000);
});
