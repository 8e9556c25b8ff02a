import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { counterOf } from '../../../core/metrics/buckets.ts';
import { recordClientFeedback } from '../../../engine/messages/record-receipt.ts';
import { startTables } from '../../protocols/tables.ts';
import { fixture, harness, NOW, notified } from './feedback-harness.ts';

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

const said = (name: string, properties: Record<string, unknown>): CairnEvent => ({
  id: `said-${name}`,
  type: 'track',
  name,
  at: NOW,
  receivedAt: NOW,
  index: 0,
  key: 'client',
  properties,
});
let serial = 0;
async function pushed() {
  serial += 1;
  const profile = await post.customer(`pushed-${serial}`);
  return { profile, message: await post.sentTo(profile, 'push') };
}
const counted = () => post.metricEvents.map(counterOf);

describe('push', () => {
  it("lets Pinpoint's own stream go: what a push led to is reported by the app", async () => {
    const { message } = await pushed();
    expect(await post.deliver(notified(fixture('pinpoint-push', { message })))).toEqual([]);
    expect([await post.status(message), post.deadLetters(), post.metricEvents]).toEqual(['sent', [], []]);
  });

  it('counts what the app reports, once of each kind', async () => {
    const { profile, message } = await pushed();
    for (const name of ['Message Opened', 'Message Clicked', 'Message Clicked'])
      await recordClientFeedback(post.deps, said(name, { messageId: message }), profile);
    expect([await post.status(message), counted()]).toEqual(['clicked', ['opened', 'clicked']]);
  });

  it('says of the message what its row says, whatever the app has put there', async () => {
    const { profile, message } = await pushed();
    const forged = { messageId: message, template: 'vip-offer', source: 'journey:vip:offer', link: 'https://a.cn/' };
    const heard = await recordClientFeedback(post.deps, said('Message Clicked', forged), profile);
    expect(heard?.properties).toEqual({
      messageId: message,
      channel: 'push',
      template: 'news',
      source: 'journey:ask:notify',
      link: 'https://a.cn/',
    });
  });

  it('does not take what a machine opened for a person', async () => {
    const { profile, message } = await pushed();
    await recordClientFeedback(post.deps, said('Message Opened', { messageId: message, machine: true }), profile);
    expect([await post.status(message), counted()]).toEqual(['sent', ['opened:machine']]);
  });

  it("hears nobody on another's message, nor on one that is not there", async () => {
    const { message } = await pushed();
    const other = await pushed();
    await recordClientFeedback(post.deps, said('Message Clicked', { messageId: message }), other.profile);
    for (const messageId of ['nobody-s', 7, undefined])
      await recordClientFeedback(post.deps, said('Message Clicked', { messageId }), other.profile);
    expect([await post.status(message), counted()]).toEqual(['sent', []]);
  });

  it("ignores an app's reports on other channels: their providers report", async () => {
    const { profile } = await pushed();
    for (const channel of ['email', 'sms'] as const) {
      const message = await post.sentTo(profile, channel);
      const heard = await recordClientFeedback(post.deps, said('Message Clicked', { messageId: message }), profile);
      expect(heard).toBeUndefined();
      expect([await post.status(message), counted()]).toEqual(['sent', []]);
    }
  });
});
