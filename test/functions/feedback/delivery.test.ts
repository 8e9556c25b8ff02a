import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { startTables } from '../../protocols/tables.ts';
import { fixture, harness, notified } from './feedback-harness.ts';

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

const record = (name: string, id = message) => notified(fixture(name, { message: id }));
const counted = () => post.metricEvents.map(counterOf).sort();

describe('the queue `feedback`, at least once and in any order', () => {
  it('counts a repeat once, and publishes it under the same id', async () => {
    for (let time = 0; time < 3; time += 1) await post.deliver(record('ses-click'), record('ses-click'));
    expect(counted()).toEqual(['clicked']);
    expect(new Set(post.events.map(({ id }) => id)).size).toBe(1);
    expect((await post.deps.messages.get(message))?.history.map(({ status }) => status)).toEqual([
      'sending',
      'sent',
      'clicked',
    ]);
  });

  it('ends with the furthest status, whatever arrives first', async () => {
    const orders = [
      ['ses-delivery', 'ses-open', 'ses-click'],
      ['ses-click', 'ses-open', 'ses-delivery'],
      ['ses-open', 'ses-delivery', 'ses-click'],
    ];
    for (const order of orders) {
      message = await post.sent('email');
      for (const name of order) await post.deliver(record(name));
      expect(await post.status(message)).toBe('clicked');
    }
    expect(counted()).toEqual(orders.flat().map(nameOf).sort());
  });

  it('settles what nobody knew to have been sent, and bears to come before the sender has noted it', async () => {
    const profile = await post.customer('early');
    for (const state of ['sending', 'unknown'] as const) {
      const id = await post.sentTo(profile, 'email', { state });
      await post.deliver(record('ses-delivery', id));
      if (state === 'sending') await post.hasSent(id);
      expect(await post.status(id)).toBe('delivered');
    }
    expect(counted()).toEqual(['delivered', 'delivered', 'left:unknown', 'settled']);
  });

  it('publishes again what it could not publish before', async () => {
    post.failEvents(1);
    expect(await post.deliver(record('ses-bounce-permanent'), record('ses-delivery'))).toEqual([0]);
    expect(post.events).toEqual([]);
    expect(await post.deliver(record('ses-bounce-permanent'))).toEqual([]);
    expect(post.events.map(({ name }) => name)).toEqual(['Message Bounced']);
    expect(counted()).toEqual(['bounced', 'delivered']);
  });

  it('lets go, with a warning, what is about no message of ours', async () => {
    expect(await post.deliver(record('ses-bounce-permanent', 'nobody-s'), record('sms-invalid', 'nobody-s'))).toEqual(
      [],
    );
    expect([post.deadLetters(), post.metricEvents, post.events]).toEqual([[], [], []]);
    expect(post.warnings).toEqual(['receipt of an unknown message', 'receipt of an unknown message']);
  });

  it('lets go what others send over the same configuration set', async () => {
    const event = JSON.parse(fixture('ses-bounce-permanent')) as { mail: { tags: object } };
    const { tags: _tags, ...mail } = event.mail;
    const tags = { 'ses:configuration-set': ['cairn'] };
    const foreign = [
      { ...event, mail },
      { ...event, mail: { ...mail, tags } },
    ].map((one) => JSON.stringify(one));
    expect(await post.deliver(...foreign.map((one) => notified(one)))).toEqual([]);
    expect([post.deadLetters(), post.metricEvents]).toEqual([[], []]);
  });
});

const nameOf = (fixtureName: string) =>
  ({ 'ses-delivery': 'delivered', 'ses-open': 'opened', 'ses-click': 'clicked' })[fixtureName];

describe('a poison record', () => {
  const edited = (name: string, edit: (record: Record<string, Record<string, unknown>>) => void): string => {
    // The fixtures are objects of objects.
    const json = JSON.parse(fixture(name, { message })) as Record<string, Record<string, unknown>>;
    edit(json);
    return notified(JSON.stringify(json));
  };
  const POISON: { what: string; body: () => string; cause: RegExp }[] = [
    { what: 'is no JSON', body: () => '<xml/>', cause: /^body is not JSON$/ },
    { what: 'is no notification', body: () => '{"hello": 1}', cause: /^\/Message: / },
    { what: 'holds no JSON', body: () => notified('not { json'), cause: /^the notification holds no JSON object$/ },
    { what: 'holds no object', body: () => notified('"text"'), cause: /^the notification holds no JSON object$/ },
    {
      what: 'reports a bounce without a time',
      body: () => edited('ses-bounce-permanent', ({ bounce }) => delete bounce?.timestamp),
      cause: /^\/bounce\/timestamp: /,
    },
    {
      what: 'has an invalid time',
      body: () => edited('ses-delivery', ({ delivery }) => Object.assign(delivery ?? {}, { timestamp: 'yesterday' })),
      cause: /^\/delivery\/timestamp: is no instant$/,
    },
    {
      what: 'names its message by something else than an id',
      body: () => edited('ses-open', ({ mail }) => Object.assign(mail?.tags ?? {}, { message: [7] })),
      cause: /^\/mail\/tags\/message\/0: /,
    },
    {
      what: 'reports an SMS without a time',
      body: () => edited('sms-delivered', (sms) => Object.assign(sms, { eventTimestamp: 'soon' })),
      cause: /^\/eventTimestamp: /,
    },
  ];

  it.each(POISON)('that $what is put aside with its cause; its neighbours pass', async ({ body, cause }) => {
    const [before, poison, after] = [record('ses-delivery'), body(), record('ses-open')];
    expect(await post.deliver(before, poison, after)).toEqual([]);
    expect(post.deadLetters()).toEqual([{ body: poison, cause: expect.stringMatching(cause) }]);
    expect(counted()).toEqual(['delivered', 'opened']);
  });
});
