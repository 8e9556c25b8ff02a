import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const JOURNEY = {
  name: 'Slow',
  entry: { event: 'Signed Up' },
  exit: [{ event: 'Order Completed', outcome: 'ordered' }],
  throttle: { perMinute: 1 },
  caps: [{ max: 1, within: '24h' }],
  window: { days: ['mon'], hours: [['10:00', '11:00']], otherwise: 'defer' },
  start: 'days',
  nodes: {
    days: { type: 'wait', for: '2d', next: 'first' },
    first: { type: 'send', template: 'tutorial', channels: ['push'], next: 'answer' },
    answer: {
      type: 'wait-for',
      timeout: '3d',
      onTimeout: 'second',
      for: [{ event: 'Answered', next: 'done' }],
    },
    second: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' },
    done: { type: 'end', outcome: 'told' },
  },
};
interface Run {
  run: string;
  status: string;
  version: number;
  outcome?: string;
  test?: boolean;
}
const runs = async () => (await cairn.ok<{ items: Run[] }>('viewer', 'GET', '/v1/journeys/slow/runs')).items;
const test = (body: object) =>
  cairn.as<{ run: string; errors?: object[] }>('marketer', 'POST', '/v1/journeys/slow/test', body);
const account = (id: string, traits: Record<string, unknown>) =>
  cairn.identify(id, traits, {
    context: { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: `phone-${id}` } },
  });

const settle = () => cairn.call('POST', '/_local/settle');

beforeEach(async () => {
  await cairn.install('templates', 'tutorial');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/slow', JOURNEY);
  await account('tina', { testAccount: true });
  await account('ann', {});
});

it('a test account walks a draft for real and fast, and nothing counts it', async () => {
  expect(await test({ profileId: 'ann' })).toMatchObject({ status: 422, body: { errors: [{ path: '/profileId' }] } });
  expect(await test({ profileId: 'nobody' })).toMatchObject({
    status: 422,
    body: { errors: [{ path: '/profileId' }] },
  });
  expect((await cairn.as('viewer', 'POST', '/v1/journeys/slow/test', { profileId: 'tina' })).status).toBe(403);
  const begun = await test({ profileId: 'tina', waits: '10s' });
  expect(begun.status).toBe(202);
  await settle();
  expect(await runs()).toMatchObject([{ run: begun.body.run, version: 1, status: 'open', test: true }]);
  expect(await cairn.outbox()).toHaveLength(0);
  await cairn.advance('10s');
  expect(await cairn.outbox()).toHaveLength(1);
  await cairn.advance('15s');
  // The second within the cap's day, and outside the window.
  expect(await cairn.outbox()).toHaveLength(2);
  expect(await runs()).toMatchObject([{ status: 'closed', outcome: 'told' }]);

  // An event that its node waits for takes the run on; an exit ends it.
  await test({ profileId: 'tina', waits: '1h' });
  await cairn.advance('1h');
  expect(await cairn.outbox()).toHaveLength(3);
  await cairn.track('tina', 'Answered');
  const left = await test({ profileId: 'tina', waits: '1h' });
  await settle();
  await cairn.track('tina', 'Order Completed');
  await cairn.advance('2h');
  expect(await cairn.outbox()).toHaveLength(3);
  expect((await runs()).find(({ run }) => run === left.body.run)).toMatchObject({ outcome: 'ordered' });

  // The account enters as everybody does, once it is live, and alone is counted.
  await cairn.publish('slow');
  await cairn.track('tina', 'Signed Up');
  await settle();
  expect((await runs()).filter(({ test: isTest }) => isTest !== true)).toMatchObject([{ status: 'open' }]);
  const report = await cairn.ok<{ nodes: { messages: object }[] }>('viewer', 'GET', '/v1/reports/journey/slow');
  expect(report).toMatchObject({ entered: 1, open: 1, outcomes: {}, totals: { recipients: 0, sent: 0 } });
  expect(report.nodes.map(({ messages }) => messages)).toEqual(report.nodes.map(() => ({})));
});

it('what cannot work is not tested, a repeat of a call is the same run, and nothing starts what is over', async () => {
  const asked = { profileId: 'tina' };
  const before = (await runs()).length;
  const key = { 'idempotency-key': 'once' };
  const first = await cairn.as('marketer', 'POST', '/v1/journeys/slow/test', asked, key);
  expect((await cairn.as('marketer', 'POST', '/v1/journeys/slow/test', asked, key)).body).toEqual(first.body);
  await settle();
  expect(await runs()).toHaveLength(before + 1);
  expect(await test({ ...asked, waits: '0s' })).toMatchObject({ status: 422, body: { errors: [{ path: '/waits' }] } });

  const { first: send } = JOURNEY.nodes;
  const nodes = { ...JOURNEY.nodes, first: { ...send, template: 'nowhere' } };
  await cairn.ok('marketer', 'PUT', '/v1/journeys/slow', { ...JOURNEY, nodes });
  expect(await test(asked)).toMatchObject({ status: 422, body: { errors: [{ path: '/nodes/first/template' }] } });

  await cairn.ok('marketer', 'PUT', '/v1/journeys/slow', JOURNEY);
  await cairn.publish('slow');
  // A published version is tested with its own pins and machines, while others walk it.
  expect((await test(asked)).status).toBe(202);
  await cairn.ok('marketer', 'POST', '/v1/journeys/slow/archive', {});
  expect((await test(asked)).status).toBe(409);
});
