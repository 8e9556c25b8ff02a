import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const statuses = async () => {
  const { items } = await cairn.ok<{ items: { id: string; status: string }[] }>(
    'viewer',
    'GET',
    '/v1/messages?profileId=ann',
  );
  return items.map(({ status }) => status);
};

/** In a file of its own, because it takes the seconds of real time for which a provider's answer is awaited. */
describe('S18, a provider', () => {
  it('that never answers leaves a message unknown, which is not sent again by itself', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content: { sms: { text: 'News' } } });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/text', {
      name: 'Text',
      entry: { event: 'Start' },
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'news', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish('text');
    const context = { consent: { categoryPreferences: { sms: true } } };
    await cairn.identify('ann', { phone: '+8613800138000' }, { context });
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'timeout', times: 1 });
    await cairn.track('ann', 'Start');
    await cairn.advance('2h');
    const sent = await cairn.outbox();
    expect(sent).toHaveLength(1);
    expect(await statuses()).toEqual(['unknown']);
    await cairn.local('POST', 'feedback', { messageId: sent[0]?.messageId, kind: 'delivered' });
    await cairn.local('POST', 'settle');
    expect(await statuses()).toEqual(['delivered']);
    // A message that has arrived cannot be resent.
    expect((await cairn.as('marketer', 'POST', `/v1/messages/${sent[0]?.messageId}/resend`)).status).toBe(409);
  }, 60_000);
});
