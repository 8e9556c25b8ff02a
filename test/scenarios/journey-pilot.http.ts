import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const journey = (more: object = {}) => ({
  name: 'Careful',
  entry: { event: 'Signed Up' },
  exit: [{ event: 'Order Completed', outcome: 'ordered' }],
  pilot: 2,
  start: 'send',
  nodes: { send: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' }, done: { type: 'end' } },
  ...more,
});
const runs = async (status: string) => {
  const { items } = await cairn.ok<{ items: { profileId: string; version: number; outcome?: string }[] }>(
    'viewer',
    'GET',
    `/v1/journeys/careful/runs?status=${status}`,
  );
  return items.map(({ profileId }) => profileId).toSorted();
};
const pilot = async () => (await cairn.ok<{ pilot?: object }>('viewer', 'GET', '/v1/journeys/careful')).pilot;
const comes = async (id: string) => {
  const device = { type: 'ios', token: `phone-${id}` };
  await cairn.identify(id, {}, { context: { consent: { categoryPreferences: { push: true } }, device } });
  await cairn.track(id, 'Signed Up');
};

beforeEach(async () => {
  await cairn.install('templates', 'tutorial');
});

it('the first of a version walk, the others wait until a person lets them in', async () => {
  await cairn.ok('marketer', 'PUT', '/v1/journeys/careful', journey());
  expect((await cairn.as('marketer', 'POST', '/v1/journeys/careful/continue')).status).toBe(409);
  await cairn.publish('careful');
  expect(await pilot()).toEqual({ size: 2, entered: 0, continued: false });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await comes(id);
  await cairn.advance('3d');
  expect(await cairn.outbox()).toHaveLength(2);
  expect(await pilot()).toEqual({ size: 2, entered: 2, continued: false });
  expect(await runs('entering')).toEqual(['c', 'd', 'e']);
  await cairn.track('c', 'Order Completed');
  expect(await runs('entering')).toEqual(['d', 'e']);
  expect((await cairn.as('viewer', 'POST', '/v1/journeys/careful/continue')).status).toBe(403);
  // Who may no longer be sent to is not.
  await cairn.identify('e', {}, { context: { consent: { categoryPreferences: { push: false } } } });

  const continued = await cairn.as('marketer', 'POST', '/v1/journeys/careful/continue');
  expect(continued.status).toBe(200);
  expect(continued.headers.get('cairn-job')).not.toBeNull();
  await cairn.advance('1m');
  expect(await cairn.outbox()).toHaveLength(3);
  expect(await pilot()).toEqual({ size: 2, entered: 2, continued: true });
  // Later ones are not asked any more.
  await comes('f');
  expect(await cairn.outbox()).toHaveLength(4);

  // The next version has a pilot of its own.
  await cairn.ok('marketer', 'PUT', '/v1/journeys/careful', journey({ name: 'Careful again' }));
  await cairn.publish('careful');
  for (const id of ['g', 'h', 'i']) await comes(id);
  expect(await cairn.outbox()).toHaveLength(6);
  expect(await runs('entering')).toEqual(['i']);
  // A pause and a resume in between let nobody in.
  await cairn.ok('marketer', 'POST', '/v1/journeys/careful/pause', {});
  await cairn.advance('1d');
  await cairn.ok('marketer', 'POST', '/v1/journeys/careful/resume', {});
  await cairn.advance('1d');
  expect(await cairn.outbox()).toHaveLength(6);
  await cairn.ok('marketer', 'POST', '/v1/journeys/careful/archive', {});
  await cairn.advance('1m');
  expect(await runs('closed')).toContain('i');
  expect(await cairn.outbox()).toHaveLength(6);
});
