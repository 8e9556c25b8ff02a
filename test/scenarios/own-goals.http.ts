import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

/** Goals of a campaign and a journey that are no event: a tag, also of those alone who had another, and a figure. */
let cairn: Cairn;
const get = <Body>(path: string) => cairn.ok<Body>('viewer', 'GET', `/v1/reports/${path}`);
const tag = (person: string, id: string) => cairn.ok('marketer', 'PUT', `/v1/profiles/${person}/tags/${id}`);

async function publish(kind: string, id: string, body: object): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/${kind}/${id}`, { name: id, ...body });
  await cairn.ok('marketer', 'POST', `/v1/${kind}/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/${kind}/${id}/publish`);
}

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [], caps: [] });
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: 'News' } },
  });
  for (const id of ['mql', 'sql']) await cairn.ok('marketer', 'PUT', `/v1/tags/${id}`, { name: id, layer: 'base' });
  for (const [id, figure] of Object.entries({ basket: { avg: { of: 'total' } }, largest: { max: { of: 'total' } } }))
    await cairn.ok('marketer', 'PUT', `/v1/computed-traits/${id}`, { event: 'Order Completed', ...figure });
  for (const [index, userId] of ['a', 'b', 'c', 'd'].entries())
    await cairn.post('identify', {
      userId,
      traits: { phone: `+861380010000${index}` },
      context: { consent: { categoryPreferences: { sms: true } } },
    });
  await cairn.local('POST', 'settle');
});
afterAll(() => releaseCairn(cairn));

const audience = { trait: 'phone', exists: true };
const sending = { audience, template: 'news', channels: ['sms'], at: 'now' };

it('a campaign and a journey count a tag as their goal, and a share of those who had another', async () => {
  await tag('a', 'mql');
  await tag('d', 'mql');
  const goal = { tag: 'sql', from: { tag: 'mql' }, within: '10d', target: 0.3, by: '2027-03-31', owner: 'sales' };
  await publish('campaigns', 'nurture', { ...sending, goal });
  await publish('campaigns', 'plain', { ...sending, goal: { tag: 'sql', target: 0.9 }, owner: 'ann' });
  await publish('journeys', 'onboard', {
    entry: { event: 'Signed Up' },
    goal: { ...goal, within: '3d' },
    start: 'breathe',
    nodes: {
      breathe: { type: 'wait', for: '1d', next: 'test' },
      test: {
        type: 'split',
        ways: [
          { name: 'all', weight: 1, next: 'done' },
          { name: 'none', weight: 0, next: 'done' },
        ],
      },
      done: { type: 'end' },
    },
  });
  // `e` has only the other tag, `f` gets both at once.
  await cairn.post('identify', { userId: 'e', traits: { city: 'Ulm' } });
  await cairn.local('POST', 'settle');
  await tag('e', 'sql');
  for (const person of ['a', 'b', 'c', 'd', 'e', 'f']) await cairn.track(person, 'Signed Up', {});
  await cairn.advance('12h');
  await tag('a', 'sql');
  for (const id of ['mql', 'sql']) await tag('f', id);
  await cairn.advance('36h');
  await tag('b', 'mql');
  await tag('c', 'sql');
  await cairn.advance('15d');
  await tag('d', 'sql');
  await cairn.local('POST', 'settle');

  const { items } = await get<{ items: Record<string, unknown>[] }>('goals');
  expect(items.filter(({ id }) => ['nurture', 'plain', 'onboard'].includes(String(id)))).toMatchObject([
    // a, b and d had the tag or got it in time; a reached the goal.
    { scope: 'campaign', id: 'nurture', metric: 'share', target: 0.3, actual: 1 / 3, owner: 'sales', to: '2027-03-31' },
    // a, c and d of four.
    { scope: 'campaign', id: 'plain', metric: 'converted', target: 0.9, actual: 3 / 4, owner: 'ann', onTrack: false },
    // a, b, d and f; of whom a and f reached it within three days.
    { scope: 'journey', id: 'onboard', metric: 'share', actual: 2 / 4, onTrack: true },
  ]);
  expect((await get<{ totals: object }>('campaign/nurture')).totals).toMatchObject({ sent: 4, converted: 2 });
  expect((await get<{ totals: object }>('campaign/plain')).totals).toMatchObject({ sent: 4, converted: 3 });
  const journey = await get<{ goal: object; nodes: { id: string; ways?: object[] }[] }>('journey/onboard');
  // a, c and f, whether or not they had the other tag; e had it before.
  expect(journey.goal).toEqual({ reached: 3, rate: 3 / 6, target: 0.3 });
  expect(journey.nodes.find(({ id }) => id === 'test')?.ways).toContainEqual({
    name: 'all',
    n: 6,
    converted: 3,
    rate: 0.5,
  });
});

it('a goal may be a figure of those who took part', async () => {
  const goal = { computed: 'basket', change: 0.5, baseline: 100, owner: 'ann' };
  await publish('campaigns', 'upsell', { ...sending, goal });
  for (const [person, total] of [
    ['a', 120],
    ['b', 200],
    ['nobody-was-sent-to', 999],
  ] as const)
    await cairn.track(person, 'Order Completed', { total });
  await cairn.local('POST', 'settle');
  const { items } = await get<{ items: { id: string }[] }>('goals');
  expect(items.find(({ id }) => id === 'upsell')).toMatchObject({
    metric: 'change',
    target: 0.5,
    actual: expect.closeTo(0.6, 9),
    baseline: 100,
    value: 160,
    owner: 'ann',
    onTrack: true,
  });
  expect(await cairn.as('viewer', 'GET', '/v1/reports/lift/campaign/upsell')).toMatchObject({ status: 409 });
});

it('a goal may be a rate, against a month of one’s own or a mean that is known from elsewhere', async () => {
  await publish('campaigns', 'reach', { ...sending, goal: { rate: 'delivered', change: 0.4, baseline: 0.5 } });
  await cairn.local('POST', 'settle');
  const sent = (await cairn.outbox()).slice(-4);
  for (const { messageId } of sent.slice(0, 3)) await cairn.local('POST', 'feedback', { messageId, kind: 'delivered' });
  await cairn.ok('marketer', 'PUT', '/v1/goals/harm', { rate: 'complained', of: 'campaign:reach', baseline: 0.001 });
  await cairn.ok('marketer', 'PUT', '/v1/goals/sms', { rate: 'delivered', of: 'channel:sms', baseline: '2026-01' });
  await cairn.local('POST', 'settle');
  const { items } = await get<{ items: { id: string }[] }>('goals');
  const of = (id: string) => items.find((item) => item.id === id);
  expect(of('reach')).toMatchObject({
    metric: 'change',
    target: 0.4,
    actual: 0.5,
    baseline: 0.5,
    value: 0.75,
    onTrack: true,
  });
  expect(of('harm')).toMatchObject({ actual: -1, value: 0, onTrack: true });
  expect(of('sms')).toMatchObject({ actual: null, baseline: null, onTrack: false });
  expect(
    (await cairn.as('marketer', 'PUT', '/v1/goals/sms', { rate: 'delivered', of: 'fax', baseline: 1 })).body,
  ).toMatchObject({
    errors: [{ path: '/of' }],
  });
});

it.each([
  [{ tag: 'sql', same: 'x' }, '/goal/same'],
  [{ tag: 'sql', from: 'mql' }, '/goal/from'],
  [{ computed: 'basket', change: 0, baseline: 1 }, '/goal/change'],
  [{ computed: 'basket', change: 0.1, baseline: 'lately' }, '/goal/baseline'],
  [{ computed: 'largest', change: 0.1, baseline: 1 }, '/goal/computed'],
  [{ event: 'Ordered', by: 'soon' }, '/goal/by'],
  [{ rate: 'happy', baseline: 0.1 }, '/goal/rate'],
  [{ rate: 'clicked', baseline: 3 }, '/goal/baseline'],
  [{ owner: 'ann' }, '/goal/event'],
  ['sql', '/goal'],
])('refuses the goal %j at its place', async (goal, path) => {
  const { status, body } = await cairn.as('marketer', 'PUT', '/v1/campaigns/wrong', { name: 'x', ...sending, goal });
  expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ path }] } });
});

it.each([
  [{ tag: 'nothing' }, '/goal/tag'],
  [{ tag: 'sql', from: { tag: 'nothing' } }, '/goal/from/tag'],
  [{ computed: 'nothing', change: 0.1, baseline: 1 }, '/goal/computed'],
])('submits no campaign with the goal %j, which names what there is not', async (goal, path) => {
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/vague', { name: 'x', ...sending, goal });
  const { status, body } = await cairn.as('marketer', 'POST', '/v1/campaigns/vague/submit');
  expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ path }] } });
});

it('a tag that a goal names stays, and a winner by revenue needs an order', async () => {
  const { status } = await cairn.as('marketer', 'DELETE', '/v1/tags/sql');
  expect(status).toBe(409);
  const variants = ['a', 'b'].map((name) => ({ name, weight: 1 }));
  const winner = { by: 'revenue', sample: 10, after: '1h' };
  const more = { variants, winner, goal: { tag: 'sql' } };
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/won', { name: 'won', ...sending, ...more });
  expect(await cairn.as('marketer', 'POST', '/v1/campaigns/won/submit')).toMatchObject({
    status: 422,
    body: { errors: [{ path: '/winner/by' }] },
  });
});
