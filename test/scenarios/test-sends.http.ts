import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('marketer', 'PUT', '/v1/templates/spring', {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: 'Spring {{ data.year }} {{ coupon.code }}' }, email: { subject: 'Spring', text: 'Hi' } },
  });
  await cairn.identify('tess', { phone: '+8613800138095', email: 'tess@example.org', testAccount: true });
  await cairn.identify('nell', { phone: '+8613800138093', testAccount: true });
  await cairn.identify('zed', { phone: '+8613800138092', testAccount: true });
  await cairn.identify('text', { phone: '+8613800138094', testAccount: 'true' });
});
afterAll(() => releaseCairn(cairn));

const data = { year: 2026, coupon: { code: 'A1' } };
const test = (body: object) =>
  cairn.as<{ messages: { profileId: string; id: string }[]; errors?: object[] }>(
    'marketer',
    'POST',
    '/v1/templates/spring/test',
    { data, ...body },
  );
const settled = async (id: string) => {
  await cairn.local('POST', 'settle');
  return cairn.ok<{ status: string; reason?: string }>('viewer', 'GET', `/v1/messages/${id}`);
};

describe('a test of a template', () => {
  it('goes to test accounts alone, all or none', async () => {
    const { status, body } = await test({ profileIds: ['zed', 'nobody', 'text'] });
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { path: '/profileIds/1', message: 'there is no profile of that id' },
      { path: '/profileIds/2', message: 'needs the trait testAccount, with the value true' },
    ]);
    await cairn.local('POST', 'settle');
    expect(await cairn.outbox({ profileId: 'zed' })).toEqual([]);
    const unknown = await cairn.as('marketer', 'POST', '/v1/templates/winter/test', { profileIds: ['tess'] });
    expect(unknown.status).toBe(404);
  });

  it('is really sent, without a consent that was never asked for, outside caps and reports', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, per: 'day' }] });
    for (const channel of ['sms', 'email', 'sms']) {
      const { status, body } = await test({ profileIds: ['tess'], channel });
      expect(status).toBe(202);
      const [message] = body.messages;
      expect(message?.profileId).toBe('tess');
      expect(await settled(message?.id ?? '')).toMatchObject({
        status: 'sent',
        channel,
        source: { kind: 'test', id: 'spring' },
      });
    }
    const sent = await cairn.outbox({ profileId: 'tess' });
    expect(sent.map(({ channel, text }) => [channel, text?.split('\n')[0]])).toEqual([
      ['sms', 'Spring 2026 A1'],
      ['email', 'Hi'],
      ['sms', 'Spring 2026 A1'],
    ]);
    const list = '/v1/messages?source=test:spring&profileId=tess';
    expect((await cairn.ok<{ items: object[] }>('viewer', 'GET', list)).items).toHaveLength(3);

    // It took no slot of the cap.
    await cairn.ok('marketer', 'POST', '/v1/profiles/tess/consents', { key: 'sms', granted: true });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/spring', {
      name: 'Spring',
      entry: { event: 'Looked' },
      start: 'send',
      nodes: { send: { type: 'send', template: 'plain', next: 'done' }, done: { type: 'end' } },
    });
    await cairn.ok('marketer', 'PUT', '/v1/templates/plain', { class: 'marketing', content: { sms: { text: 'Hi' } } });
    await cairn.publish('spring');
    await cairn.track('tess', 'Looked');
    await cairn.local('POST', 'settle');
    expect((await cairn.outbox({ profileId: 'tess' })).at(-1)).toMatchObject({ text: 'Hi' });
    const report = await cairn.ok<{ totals: { sent: number } }>('viewer', 'GET', '/v1/reports/channel/sms');
    expect(report.totals.sent).toBe(1);
  });

  it('is not sent to a test account that has said no', async () => {
    await cairn.ok('marketer', 'POST', '/v1/profiles/nell/consents', { key: 'sms:offers', granted: false });
    const { body } = await test({ profileIds: ['nell'], channel: 'sms' });
    expect(await settled(body.messages[0]?.id ?? '')).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });
});
