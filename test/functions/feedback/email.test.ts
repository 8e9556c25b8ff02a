import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { startTables } from '../../protocols/tables.ts';
import { EMAIL, fixture, harness, NOW, notified } from './feedback-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let post: ReturnType<typeof harness>;
let message: string;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());
beforeEach(async () => {
  post = harness(tables.client);
  message = await post.sent('email');
  return post.leave;
});

/** One record alone; nothing of it may come again or become a dead letter. */
async function deliverEvent(name: string, more: (record: string) => string = (record) => record): Promise<void> {
  expect(await post.deliver(notified(more(fixture(name, { message }))))).toEqual([]);
  expect(post.deadLetters()).toEqual([]);
}
const counted = () => post.metricEvents.map(counterOf);
const eventNames = () => post.events.map(({ name }) => name);

describe('SES event publishing over SNS', () => {
  const RECORDS = [
    { record: 'ses-send', status: 'sent', metricEvents: [], events: [], address: 'ok' },
    { record: 'ses-delivery-delay', status: 'sent', metricEvents: [], events: [], address: 'ok' },
    { record: 'ses-rendering-failure', status: 'sent', metricEvents: [], events: [], address: 'ok' },
    { record: 'ses-delivery', status: 'delivered', metricEvents: ['delivered'], events: [], address: 'ok' },
    { record: 'ses-open', status: 'opened', metricEvents: ['opened'], events: ['Message Opened'], address: 'ok' },
    { record: 'ses-click', status: 'clicked', metricEvents: ['clicked'], events: ['Message Clicked'], address: 'ok' },
    {
      record: 'ses-open-machine',
      status: 'sent',
      metricEvents: ['opened:machine'],
      events: ['Message Opened'],
      address: 'ok',
    },
    {
      record: 'ses-bounce-permanent',
      status: 'bounced',
      metricEvents: ['bounced'],
      events: ['Message Bounced'],
      address: 'bad',
    },
    {
      record: 'ses-bounce-suppressed',
      status: 'bounced',
      metricEvents: ['bounced'],
      events: ['Message Bounced'],
      address: 'suppressed',
    },
    {
      record: 'ses-bounce-transient',
      status: 'bounced',
      metricEvents: ['bounced'],
      events: ['Message Bounced'],
      address: 'ok',
    },
    {
      record: 'ses-bounce-undetermined',
      status: 'bounced',
      metricEvents: ['bounced'],
      events: ['Message Bounced'],
      address: 'ok',
    },
    { record: 'ses-bounce-auto-reply', status: 'sent', metricEvents: [], events: [], address: 'ok' },
    {
      record: 'ses-complaint',
      status: 'complained',
      metricEvents: ['complained'],
      events: ['Message Complained'],
      address: 'suppressed',
    },
    { record: 'ses-reject', status: 'bounced', metricEvents: ['bounced'], events: ['Message Bounced'], address: 'ok' },
  ];
  it.each(RECORDS)('$record makes it $status, the address $address', async ({ record, ...expected }) => {
    await deliverEvent(record);
    expect({
      status: await post.status(message),
      metricEvents: counted(),
      events: eventNames(),
      address: await post.address(message, 'email'),
    }).toEqual(expected);
  });

  it('keeps when and why in the history', async () => {
    await deliverEvent('ses-delivery');
    await deliverEvent('ses-complaint');
    const row = await post.deps.messages.get(message);
    expect(row?.history.slice(2)).toEqual([
      { status: 'delivered', at: Date.parse('2026-11-02T01:00:03.908Z'), recordedAt: NOW, channel: 'email' },
      {
        status: 'complained',
        at: Date.parse('2026-11-02T03:02:18.000Z'),
        recordedAt: NOW,
        channel: 'email',
        detail: 'abuse',
      },
    ]);
  });

  it('publishes a click with its link and where the message came from', async () => {
    await deliverEvent('ses-click');
    expect(post.events).toMatchObject([
      {
        name: 'Message Clicked',
        at: Date.parse('2026-11-02T02:15:30.552Z'),
        properties: {
          messageId: message,
          channel: 'email',
          template: 'news',
          source: 'journey:ask:notify',
          link: 'https://shop.example/offer?x=1',
        },
      },
    ]);
    expect(post.metricEvents).toEqual([
      {
        at: Date.parse('2026-11-02T02:15:30.552Z'),
        recordedAt: NOW,
        sentAt: expect.any(Number),
        of: 'message',
        metric: 'clicked',
        interest: 'first',
        id: expect.any(String),
        message: expect.any(String),
        profile: expect.any(String),
        run: 'a-run',
        dimensions: { journey: 'ask', node: 'notify', version: expect.any(Number), channel: 'email', template: 'news' },
      },
    ]);
  });

  it('takes for a machine what says so, and no telephone that is called like one', async () => {
    const agent = (userAgent: string) => (record: string) => {
      const event = JSON.parse(record) as { open: object };
      return JSON.stringify({ ...event, open: { ...event.open, userAgent } });
    };
    await deliverEvent('ses-open', agent('Mozilla/5.0'));
    await deliverEvent('ses-open', agent('Mozilla/5.0 (compatible; Barracuda Sentinel (EE))'));
    await deliverEvent('ses-open', (record) => record.replace('"ipAddress"', '"isMachine": true, "ipAddress"'));
    expect([await post.status(message), ...counted()]).toEqual(['sent', 'opened:machine']);
    await deliverEvent(
      'ses-open',
      agent('Mozilla/5.0 (Linux; Android 12; CUBOT P60) AppleWebKit/537.36 Chrome/120 Mobile'),
    );
    expect([await post.status(message), ...counted()]).toEqual(['opened', 'opened:machine', 'opened']);
  });

  const edited = (name: string, edit: (event: Record<string, Record<string, unknown>>) => void) => (record: string) => {
    const event = JSON.parse(record) as Record<string, Record<string, unknown>>; // fixtures are objects of objects
    edit(event[name] === undefined ? {} : event);
    return JSON.stringify(event);
  };

  it('`not-spam` suppresses nothing, and lifts nothing', async () => {
    const notSpam = edited('complaint', ({ complaint }) =>
      Object.assign(complaint ?? {}, { complaintFeedbackType: 'not-spam' }),
    );
    await deliverEvent('ses-complaint', notSpam);
    expect([await post.status(message), await post.address(message, 'email'), ...counted()]).toEqual(['sent', 'ok']);
    await deliverEvent('ses-complaint');
    await deliverEvent('ses-complaint', notSpam);
    expect(await post.address(message, 'email')).toBe('suppressed');
  });

  it.each([
    [{ status: '5.7.1' }, 'bounced'],
    [{ status: '4.4.7' }, 'bounced'],
    [{ diagnosticCode: 'smtp; 550 4.4.7 Message expired' }, 'bounced'],
    [{ status: '4.2.2' }, 'sent'],
    [{}, 'sent'],
  ])('a transient failure of no kind with %j makes it %s', async (recipient, status) => {
    const transient = edited('bounce', ({ bounce }) => Object.assign(bounce ?? {}, { bouncedRecipients: [recipient] }));
    await deliverEvent('ses-bounce-auto-reply', transient);
    expect([await post.status(message), await post.address(message, 'email')]).toEqual([status, 'ok']);
  });

  it('a later delivery makes a bad address good again, an earlier one does not, and no delivery a suppressed one', async () => {
    const at = (timestamp: string) =>
      edited('delivery', ({ delivery }) => Object.assign(delivery ?? {}, { timestamp }));
    await deliverEvent('ses-bounce-permanent');
    await deliverEvent('ses-delivery', at('2026-11-01T00:00:00.000Z'));
    expect(await post.address(message, 'email')).toBe('bad');
    await deliverEvent('ses-delivery', at('2026-11-03T00:00:00.000Z'));
    expect(await post.address(message, 'email')).toBe('ok');
    // The same report once more.
    await deliverEvent('ses-bounce-permanent');
    expect(await post.address(message, 'email')).toBe('ok');
    await deliverEvent(
      'ses-complaint',
      edited('complaint', ({ complaint }) => Object.assign(complaint ?? {}, { timestamp: '2026-11-03T00:00:01.000Z' })),
    );
    await deliverEvent('ses-delivery', at('2026-11-04T00:00:00.000Z'));
    expect(await post.address(message, 'email')).toBe('suppressed');
  });

  it('does not blame a new address for what happened to the old one', async () => {
    message = await post.sent('email', { email: { value: 'wei@new.example', status: 'ok' } });
    await deliverEvent('ses-bounce-permanent');
    await deliverEvent('ses-complaint');
    expect([await post.status(message), await post.address(message, 'email')]).toEqual(['complained', 'ok']);
  });

  it('knows the address again however it is written', async () => {
    message = await post.sent('email', { email: { value: EMAIL.replace('wei.chen', 'Wei.Chen'), status: 'ok' } });
    await deliverEvent('ses-bounce-permanent');
    expect(await post.address(message, 'email')).toBe('bad');
  });

  it("lets SES's greeting of a new topic pass", async () => {
    const greeting = 'Successfully validated SNS topic for Amazon SES event publishing.';
    expect([await post.deliver(notified(greeting)), post.deadLetters(), post.metricEvents]).toEqual([[], [], []]);
  });
});

describe('SES events of EventBridge, sent on through the topic', () => {
  it('say the same as those of SNS', async () => {
    await deliverEvent('eventbridge-ses-delivery');
    expect(await post.status(message)).toBe('delivered');
    await deliverEvent('eventbridge-ses-bounce');
    expect([await post.status(message), await post.address(message, 'email')]).toEqual(['bounced', 'bad']);
  });

  it('count once where both ways report it', async () => {
    await deliverEvent('ses-delivery');
    await deliverEvent('eventbridge-ses-delivery');
    expect(counted()).toEqual(['delivered']);
  });
});
