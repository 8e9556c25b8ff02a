import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

it('a throttled journey lets so many in a minute, and loses nobody', async () => {
  await cairn.install('templates', 'tutorial');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/slow', {
    name: 'Slow',
    entry: { event: 'Signed Up' },
    throttle: { perMinute: 2 },
    start: 'send',
    nodes: {
      send: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' },
      done: { type: 'end' },
    },
  });
  await cairn.publish('slow');
  for (let index = 0; index < 6; index += 1) {
    const device = { type: 'ios', token: `phone-${index}` };
    await cairn.identify(`c${index}`, {}, { context: { consent: { categoryPreferences: { push: true } }, device } });
    await cairn.track(`c${index}`, 'Signed Up');
  }
  expect(await cairn.outbox()).toHaveLength(2);
  await cairn.advance('1m');
  expect(await cairn.outbox()).toHaveLength(4);
  await cairn.advance('10m');
  expect(await cairn.outbox()).toHaveLength(6);
});
