import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';

/** A cloud of its own, whose output is read. */
let cairn: Cairn;
beforeAll(async () => {
  cairn = await Cairn.start('2026-11-02T01:00:00.000Z');
}, 90_000);
afterAll(() => cairn.stop());

const MARKS = {
  email: 'marked.address@secret.example',
  phone: '+8613912345678',
  token: 'marked-push-token',
  name: 'Marked Surname',
  body: 'marked body of a message',
  stop: 'STOP marked reply',
  code: 'MARKED-COUPON',
  secret: 'marked-secret-of-a-header',
};

it('nothing of a customer stands in what the process writes, whatever fails', async () => {
  const content = {
    email: { subject: MARKS.body, text: `${MARKS.body} {{ profile.traits.name }}` },
    sms: { text: `${MARKS.body} {{ coupon.code }}` },
    push: { title: MARKS.body, body: MARKS.body },
  };
  for (const [channel, its] of Object.entries(content))
    await cairn.ok('marketer', 'PUT', `/v1/templates/by-${channel}`, {
      class: 'transactional',
      content: { [channel]: its },
    });
  await cairn.ok('admin', 'PUT', '/v1/secrets/crm', { value: MARKS.secret });
  await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/pool', { name: 'Pool', validFor: '7d' });
  await cairn.ok('admin', 'POST', '/v1/coupon-pools/pool/codes', { codes: [MARKS.code] });
  await cairn.identify(
    'ann',
    { email: MARKS.email, phone: MARKS.phone, name: MARKS.name },
    { context: { device: { type: 'ios', token: MARKS.token } } },
  );
  for (const channel of ['email', 'sms', 'push'])
    for (const mode of ['permanent', 'error', 'garbage', 'reset', 'none']) {
      if (mode !== 'none') await cairn.local('POST', 'faults', { provider: channel, mode, times: 1 });
      await cairn.ok('admin', 'POST', '/v1/messages', { profileId: 'ann', template: `by-${channel}` });
      await cairn.local('POST', 'settle');
      await cairn.identify('ann', { email: MARKS.email, phone: MARKS.phone });
    }
  await cairn.local('POST', 'feedback', { channel: 'sms', from: MARKS.phone, text: MARKS.stop });
  // Wrong calls and poison.
  const wrong = { [MARKS.email]: MARKS.body, profile: { [MARKS.name]: MARKS.body } };
  for (const [method, path] of [
    ['PUT', `/v1/templates/${MARKS.code}`],
    ['PATCH', '/v1/profiles/ann'],
    ['GET', `/v1/addresses?address=${MARKS.email}`],
    ['GET', `/u/${MARKS.token}`],
    ['POST', `/u/${MARKS.token}`],
  ] as const)
    await cairn.as('admin', method, path, method === 'GET' ? undefined : wrong);
  for (const queue of ['events', 'feedback', 'due', 'jobs', 'enrolments', 'send-email-now', 'webhooks'])
    for (const body of [`no json ${MARKS.body}`, JSON.stringify(wrong)])
      await cairn.local('POST', 'enqueue', { queue, body, group: 'g' });
  const failing = { profile: 'x'.repeat(2_100), identity: { kind: 'user', id: MARKS.name }, events: [] };
  await cairn.local('POST', 'enqueue', { queue: 'events', body: JSON.stringify(failing), group: 'g' });
  await cairn.advance('3h');
  expect(cairn.output).toContain('poison record');
  expect(Object.values(MARKS).filter((mark) => cairn.output.includes(mark))).toEqual([]);
}, 120_000);
