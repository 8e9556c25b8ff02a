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
      reentry: 'always',
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
    const resend = (body?: object) => cairn.as('marketer', 'POST', `/v1/messages/${sent[0]?.messageId}/resend`, body);
    // Twice is worse than once: whoever wants it says so.
    const refused = await resend();
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('"may-double"') } });
    expect(await resend({ risk: 'none' })).toMatchObject({ status: 422, body: { errors: [{ path: '/risk' }] } });
    await cairn.local('POST', 'settle');
    expect(await cairn.outbox()).toHaveLength(1);
    await cairn.local('POST', 'feedback', { messageId: sent[0]?.messageId, kind: 'delivered' });
    await cairn.local('POST', 'settle');
    expect(await statuses()).toEqual(['delivered']);
    // A message that has arrived cannot be resent.
    expect((await resend({ risk: 'may-double' })).status).toBe(409);
  }, 60_000);

  it('whose answer was lost is asked once more by whoever takes the risk, each time anew', async () => {
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'timeout', times: 1 });
    await cairn.track('ann', 'Start', {}, {});
    await cairn.advance('1d');
    const [lost] = (await cairn.outbox()).slice(-1);
    const resend = (body?: object) => cairn.as('marketer', 'POST', `/v1/messages/${lost?.messageId}/resend`, body);
    expect((await statuses())[0]).toBe('unknown');
    // The second try is refused for another reason; the first may have arrived all the same.
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'sms', granted: false });
    expect((await resend({ risk: 'may-double' })).status).toBe(202);
    await cairn.local('POST', 'settle');
    expect((await statuses())[0]).toBe('suppressed');
    await cairn.advance('1s');
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'sms', granted: true });
    expect((await resend()).status).toBe(409);
    expect((await resend({ risk: 'may-double' })).status).toBe(202);
    await cairn.local('POST', 'settle');
    expect((await statuses())[0]).toBe('sent');
    expect((await cairn.outbox()).filter(({ messageId }) => messageId === lost?.messageId)).toHaveLength(2);
  }, 60_000);
});
