import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { type Alert, alerts, enter, installJourney, numbers, stop } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
  // Our own counting is down: no counter, no guardrail.
  await cairn.local('POST', 'mapping', { function: 'cairn-record-metrics', enabled: false });
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false } });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
  await installJourney(cairn, 'news', {
    event: 'Published',
    channel: 'email',
    content: { subject: 'News', text: 'New' },
  });
});
afterAll(() => releaseCairn(cairn));

const sms = async () =>
  (
    await cairn.ok<{ items: { id: string; status: string; reason?: string }[] }>('viewer', 'GET', '/v1/channels')
  ).items.find(({ id }) => id === 'sms');
const states = async () => {
  const { items } = await cairn.local<{ items: { name: string; state: string }[] }>('GET', 'alarms');
  return items.flatMap(({ name, state }) => (state === 'ALARM' ? [name] : [])).sort();
};
const stops = async (from: number, count: number) => {
  for (const index of numbers(from, count)) await stop(cairn, index);
  await cairn.local('POST', 'settle');
};
/** The event of EventBridge about the alarm, as it would come late or again. */
const alarmed = async (at: string) => {
  const detail = { alarmName: 'cairn-unsubscribes-sms-pause', state: { value: 'ALARM', timestamp: at } };
  await cairn.local('POST', 'enqueue', { queue: 'alarms', body: JSON.stringify({ detail }) });
  await cairn.local('POST', 'settle');
};
const audited = async () =>
  (
    await cairn.ok<{ items: { actor: string; action: string; kind: string; id: string }[] }>(
      'admin',
      'GET',
      '/v1/audit',
    )
  ).items.filter(({ actor }) => actor === 'alarm');

describe('S9 by CloudWatch, while Cairn counts nothing', { shuffle: false }, () => {
  let first: Alert[];

  it('says nothing of fewer than 500 messages, nor of exactly 10 %', async () => {
    await enter(cairn, 'Offered', 0, 499);
    await stops(0, 50);
    expect([await states(), await sms()]).toMatchObject([[], { id: 'sms', status: 'active' }]);
    await enter(cairn, 'Offered', 499, 1);
    // 50 of 500.
    expect(await states()).toEqual(['cairn-unsubscribes-sms']);
    expect(await sms()).toMatchObject({ id: 'sms', status: 'active' });
  }, 240_000);

  it('pauses SMS at 51 of 500, with an alert and an audit entry', async () => {
    await stops(50, 1);
    expect(await states()).toEqual(['cairn-unsubscribes-sms', 'cairn-unsubscribes-sms-pause']);
    expect(await sms()).toMatchObject({
      status: 'paused',
      reason: 'alarm cairn-unsubscribes-sms-pause: 10.2 % of the messages of 24 h were unsubscribed from, over 10 %',
    });
    first = await alerts(cairn);
    expect(first).toMatchObject([
      { scope: 'channel', scopeId: 'sms', metric: 'unsubscribe', value: 0.102, threshold: 0.1, did: 'paused' },
    ]);
    expect(await audited()).toMatchObject([{ action: 'pause', kind: 'channels', id: 'sms' }]);
  }, 60_000);

  it('holds what is due by SMS, and lets mail go on', async () => {
    await enter(cairn, 'Offered', 600, 2);
    await enter(cairn, 'Published', 600, 2);
    const { items } = await cairn.ok<{ items: unknown[] }>('viewer', 'GET', '/v1/messages?status=held');
    expect([items.length, (await cairn.outbox({ channel: 'email' })).length]).toEqual([2, 2]);
  }, 60_000);

  it('does nothing by an event that comes again, or after somebody has resumed', async () => {
    const { now } = await cairn.local<{ now: string }>('GET', 'now');
    await alarmed(now);
    // The channel was paused already.
    expect((await alerts(cairn)).map(({ did }) => did).sort()).toEqual(['alerted', 'paused']);
    await cairn.advance('1m');
    await cairn.ok('approver', 'POST', '/v1/channels/sms/resume', {});
    await cairn.local('POST', 'settle');
    await alarmed(now);
    await alarmed(new Date(Date.parse(now) - 1_000).toISOString());
    expect(await sms()).toMatchObject({ id: 'sms', status: 'active' });
    expect([(await alerts(cairn)).length, (await audited()).length]).toEqual([2, 1]);
    // One that is new pauses again.
    await cairn.advance('1m');
    await alarmed((await cairn.local<{ now: string }>('GET', 'now')).now);
    expect(await sms()).toMatchObject({ status: 'paused' });
  }, 60_000);

  it('is over after 24 hours; nobody but a person resumes', async () => {
    await cairn.advance('25h');
    expect(await states()).toEqual([]);
    expect(await sms()).toMatchObject({ status: 'paused' });
  }, 120_000);
});
