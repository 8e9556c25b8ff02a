import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Channels {
  items: { id: string; status: string; reason?: string }[];
}
const reasons = ({ items }: Channels) => new Set(items.map(({ status, reason }) => `${status} ${reason}`));

beforeEach(async () => {
  await cairn.install('templates', 'tutorial');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/tips', {
    name: 'Tips',
    entry: { event: 'Signed Up' },
    start: 'send',
    nodes: { send: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('tips');
  const device = { type: 'ios', token: 'phone' };
  await cairn.identify('ann', {}, { context: { consent: { categoryPreferences: { push: true } }, device } });
});

it('one call holds all marketing, another lets it go on; a channel that was paused before keeps its reason', async () => {
  await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'complaints' });
  expect((await cairn.as('viewer', 'POST', '/v1/pause', { reason: 'a storm' })).status).toBe(403);
  expect((await cairn.as('marketer', 'POST', '/v1/pause', {})).status).toBe(422);
  const paused = await cairn.ok<Channels>('marketer', 'POST', '/v1/pause', { reason: 'a storm' });
  expect(reasons(paused)).toEqual(new Set(['paused a storm', 'paused complaints']));
  expect(paused.items.find(({ id }) => id === 'sms')).toMatchObject({ reason: 'complaints' });
  // A repeat changes nothing.
  expect(await cairn.ok('marketer', 'POST', '/v1/pause', { reason: 'another' })).toEqual(paused);
  await cairn.track('ann', 'Signed Up');
  expect(await cairn.outbox()).toHaveLength(0);

  expect((await cairn.as('marketer', 'POST', '/v1/resume', {})).status).toBe(403);
  const resumed = await cairn.ok<Channels & { jobs: string[] }>('approver', 'POST', '/v1/resume', {});
  expect(reasons(resumed)).toEqual(new Set(['active undefined']));
  expect(resumed.jobs).toHaveLength(resumed.items.length);
  await cairn.advance('1m');
  expect(await cairn.outbox()).toHaveLength(1);
  expect((await cairn.as('approver', 'POST', '/v1/resume', {})).status).toBe(200);
});
