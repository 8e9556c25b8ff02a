import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { startTables } from '../../protocols/tables.ts';
import { fixture, harness, NOW, notified, PHONE } from './feedback-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let post: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());
beforeEach(() => {
  post = harness(tables.client);
  return post.leave;
});

const counted = () => post.metricEvents.map(counterOf);

describe('End User Messaging SMS events', () => {
  let message: string;
  beforeEach(async () => {
    message = await post.sent('sms');
  });
  async function received(name: string): Promise<void> {
    expect(await post.deliver(notified(fixture(name, { message })))).toEqual([]);
    expect(post.deadLetters()).toEqual([]);
  }

  const RECORDS = [
    { record: 'sms-queued', status: 'sent', address: 'ok' },
    { record: 'sms-pending', status: 'sent', address: 'ok' },
    { record: 'sms-successful', status: 'delivered', address: 'ok' },
    { record: 'sms-delivered', status: 'delivered', address: 'ok' },
    { record: 'eventbridge-sms-delivered', status: 'delivered', address: 'ok' },
    { record: 'sms-blocked', status: 'bounced', address: 'ok' },
    { record: 'sms-carrier-blocked', status: 'bounced', address: 'ok' },
    { record: 'sms-carrier-unreachable', status: 'bounced', address: 'ok' },
    { record: 'sms-carrier-unreachable-yet', status: 'sent', address: 'ok' },
    { record: 'sms-unreachable', status: 'bounced', address: 'ok' },
    { record: 'sms-invalid', status: 'bounced', address: 'bad' },
    { record: 'sms-invalid-message', status: 'bounced', address: 'ok' },
    { record: 'sms-spam', status: 'bounced', address: 'ok' },
    { record: 'sms-ttl-expired', status: 'bounced', address: 'ok' },
    { record: 'sms-protect-blocked', status: 'bounced', address: 'ok' },
    { record: 'sms-unknown', status: 'sent', address: 'ok' },
  ];
  it.each(RECORDS)('$record makes it $status, the number $address', async ({ record, status, address }) => {
    await received(record);
    expect({ status: await post.status(message), address: await post.address(message, 'sms') }).toEqual({
      status,
      address,
    });
    expect(counted()).toEqual(status === 'sent' ? [] : [status]);
  });

  it('count one delivery where the carrier reports it in both ways', async () => {
    for (const name of ['sms-queued', 'sms-successful', 'sms-delivered']) await received(name);
    expect([await post.status(message), counted()]).toEqual(['delivered', ['delivered']]);
  });

  it('do not blame a new number for what happened to the old one', async () => {
    message = await post.sent('sms', { sms: { value: '+8613900139000', status: 'ok' } });
    await received('sms-invalid');
    expect([await post.status(message), await post.address(message, 'sms')]).toEqual(['bounced', 'ok']);
  });
});

describe('an inbound SMS', () => {
  let serial = 0;
  let ann: string;
  beforeEach(async () => {
    serial += 1;
    ann = await post.customer(`ann-${serial}`, { sms: { value: numberOf(serial), status: 'ok' } });
    await consents(ann, Date.parse('2026-11-01T00:00:00.000Z'));
  });
  const numberOf = (n: number) => `+86138${String(n).padStart(8, '0')}`;
  const consents = (profile: string, at: number) =>
    post.deps.profiles.addConsents(profile, [], () => ({
      sms: { granted: true, at, source: 'api' },
      'sms:offers': { granted: true, at, source: 'api' },
      email: { granted: true, at, source: 'api' },
    }));
  const says = (text: string, at?: string, from = numberOf(serial)) =>
    notified(fixture('sms-inbound', { text }).replace(PHONE, from), at);

  it.each(['STOP', 'stop', ' td ', 'TD', '退订', 't', 'R', 'n', 'ＴＤ', 'Stop.', '“退订”', '退订。'])(
    '%j ends all marketing by SMS, and no other channel',
    async (text) => {
      expect(await post.deliver(says(text))).toEqual([]);
      const after = await Promise.all(['sms', 'email'].map((key) => post.consent(ann, key)));
      expect(after).toEqual([false, true]);
    },
  );

  it('reaches everybody who has the number, however many they are, and no former owner is left', async () => {
    const { profiles } = post.deps;
    const number = numberOf(900 + serial);
    const crowd: string[] = [];
    for (let index = 0; index < 130; index += 1) {
      const addresses = { sms: { value: number, status: 'ok' as const } };
      crowd.push(await post.customer(`crowd-${serial}-${index}`, addresses));
    }
    const [former = ''] = crowd;
    const before = (await profiles.home(former)).profile;
    if (before === undefined) throw new Error('not known');
    await post.moved(former, before, { ...before, pv: 2, addresses: {} });
    expect(await post.deliver(says('STOP', undefined, number))).toEqual([]);
    const after = await Promise.all(crowd.map((one) => post.consent(one, 'sms')));
    expect(after).toEqual([undefined, ...crowd.slice(1).map(() => false)]);
    const found: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await profiles.byAddress(
        { channel: 'sms', value: number },
        { limit: 50, ...(cursor === '' ? {} : { cursor }) },
      );
      found.push(...page.keys);
      cursor = page.next;
    }
    expect(found.toSorted()).toEqual(crowd.slice(1).toSorted());
  });

  it.each(['Thank you', 'please do not STOP', '好的', '退', '。', 'STOPPING'])('%j changes nothing', async (text) => {
    expect(await post.deliver(says(text))).toEqual([]);
    expect(await post.consent(ann, 'sms')).toBe(true);
    expect(post.deadLetters()).toEqual([]);
  });

  it.each(['START', 'unstop', '订阅'])('%j takes a STOP back, of every topic that was granted', async (text) => {
    await post.deliver(says('STOP', '2026-11-02T02:00:00.000Z'));
    await post.deliver(says(text, '2026-11-02T03:00:00.000Z'));
    const after = await Promise.all(['sms', 'sms:offers'].map((key) => post.consent(ann, key)));
    expect(after).toEqual([true, true]);
  });

  it('is heard as of when it was said, in whatever order and however often it arrives', async () => {
    const stop = says('STOP', '2026-11-02T02:00:00.000Z');
    await post.deliver(says('START', '2026-11-02T03:00:00.000Z'));
    post.clock.now = NOW + 1_000;
    await post.deliver(stop);
    post.clock.now = NOW + 60_000;
    await post.deliver(stop);
    expect(await post.consent(ann, 'sms')).toBe(true);
  });

  it('binds everybody who has the number', async () => {
    const bob = await post.customer(`bob-${serial}`, { sms: { value: numberOf(serial), status: 'ok' } });
    await consents(bob, Date.parse('2026-11-01T00:00:00.000Z'));
    await post.deliver(says('退订'));
    expect([await post.consent(ann, 'sms'), await post.consent(bob, 'sms')]).toEqual([false, false]);
  });

  it('counts once, against the newest message to the number before it', async () => {
    const hour = 3600_000;
    const first = Date.parse('2026-11-02T01:00:00.000Z');
    const bob = await post.customer(`bob-${serial}`, { sms: { value: numberOf(serial), status: 'ok' } });
    await post.sentTo(ann, 'sms', { at: first });
    const answered = await post.sentTo(bob, 'sms', { at: first + hour });
    await post.sentTo(bob, 'push', { at: first + 2 * hour });
    const stop = says('STOP', new Date(first + 3 * hour).toISOString());
    await post.deliver(stop);
    await post.sentTo(ann, 'sms', { at: first + 4 * hour });
    await post.deliver(stop);
    expect(counted()).toEqual(['unsubscribed']);
    expect(post.events.map(({ name, properties }) => [name, properties?.messageId])).toEqual([
      ['Unsubscribed', answered],
      ['Unsubscribed', answered],
    ]);
    expect(new Set(post.events.map(({ id }) => id)).size).toBe(1);
  });

  it('of a number that nobody has is let go', async () => {
    expect(await post.deliver(says('STOP', undefined, '+447700900123'))).toEqual([]);
    expect([post.deadLetters(), post.metricEvents, post.events]).toEqual([[], [], []]);
  });
});
