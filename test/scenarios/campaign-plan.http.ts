import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, later } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const SETTINGS = {
  approval: { required: false },
  floors: [],
  caps: [{ max: 1, per: 'day' }],
  sms: { signature: '【Shop】', optOut: '拒收请回复R' },
  money: { currency: 'CNY', costs: { sms: 0.05, push: 0 } },
};
beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', SETTINGS);
  await cairn.ok('marketer', 'PUT', '/v1/templates/wake', {
    class: 'marketing',
    topic: 'offers',
    content: {
      push: { title: 'Hi', body: 'We miss you' },
      sms: { text: 'We miss you, {{ profile.traits.name | default: "you" }}' },
    },
  });
});

const SMS = { context: { consent: { categoryPreferences: { sms: true, push: true } } } };
const phone = (index: number) => `+86138001${String(index).padStart(5, '0')}`;
async function meet(count: number, traits: (index: number) => object = () => ({})): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await cairn.identify(`c${index}`, { city: 'Shanghai', phone: phone(index), ...traits(index) }, SMS);
  await cairn.local('POST', 'settle');
}

interface Plan {
  matched: number;
  duplicates: number;
  excluded: number;
  holdout: number;
  recipients: number;
  byChannel: Record<string, number>;
  suppressed: Record<string, number>;
  late: number;
  cost: { amount: number; currency: string };
  firstAt: string;
  lastAt: string;
  estimated: boolean;
  warnings: { path: string; message: string }[];
}
const DRAFT = {
  name: 'Wake-up',
  owner: 'growth',
  audience: { trait: 'city', eq: 'Shanghai' },
  template: 'wake',
  channels: ['push', 'sms'],
  at: 'now',
};
const plan = (draft: object) => cairn.ok<Plan>('marketer', 'POST', '/v1/campaigns/spring/plan', draft);
const put = (more: object = {}, id = 'spring') =>
  cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, { ...DRAFT, ...more });
async function publish(more: object = {}, id = 'spring'): Promise<void> {
  await put(more, id);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
  await cairn.local('POST', 'settle');
}

describe('a plan', () => {
  it('says what the campaign then does', async () => {
    await meet(12, (index) => (index === 3 ? { phone: phone(2) } : {}));
    await cairn.identify('c4', {}, { context: { device: { type: 'ios', token: 'token-of-c4' } } });
    await cairn.ok('marketer', 'POST', '/v1/profiles/c5/consents', { key: 'sms', granted: false });
    const draft = { ...DRAFT, exclude: { trait: 'phone', eq: phone(0) }, holdout: 20 };
    const planned = await plan(draft);
    const { matched, duplicates, excluded, holdout, recipients } = planned;
    expect(planned).toMatchObject({ matched: 12, duplicates: 1, excluded: 1, estimated: false, late: 0 });
    expect(duplicates + excluded + holdout + recipients).toBe(matched);
    const { none = 0, push = 0, sms = 0 } = planned.byChannel;
    expect(none + push + sms).toBe(recipients);
    expect(planned.suppressed).toEqual(none === 0 ? {} : { 'no-consent': none });
    expect(planned.cost).toEqual({ amount: expect.closeTo(sms * 0.05, 6), currency: 'CNY' });

    await publish(draft);
    await cairn.advance('1m');
    const { items } = await cairn.ok<{ items: { audience: object; messages: object }[] }>(
      'viewer',
      'GET',
      '/v1/campaigns/spring/occurrences',
    );
    expect(items[0]).toMatchObject({
      audience: { matched, duplicates, excluded, holdout, recipients },
      messages: { sent: push + sms, suppressed: planned.suppressed },
    });
    expect(await cairn.outbox({ channel: 'sms' })).toHaveLength(sms);
    expect(await cairn.outbox({ channel: 'push' })).toHaveLength(push);
    // Whoever has had a message today gets no other one.
    expect((await plan(draft)).suppressed).toEqual({ ...planned.suppressed, 'daily-cap': push + sms });
  });

  it('is of the newest version without a body, which viewers may ask for; a draft needs a marketer', async () => {
    await meet(3);
    await put();
    expect(await cairn.ok<Plan>('viewer', 'POST', '/v1/campaigns/spring/plan')).toMatchObject({
      matched: 3,
      byChannel: { sms: 3 },
    });
    expect(await cairn.ok<Plan>('viewer', 'POST', '/v1/campaigns/spring/plan', {})).toMatchObject({ matched: 3 });
    expect((await cairn.as('viewer', 'POST', '/v1/campaigns/spring/plan', DRAFT)).status).toBe(403);
    const partly = await cairn.as('marketer', 'POST', '/v1/campaigns/spring/plan', { name: 'Half' });
    expect(partly.status).toBe(422);
    expect((await cairn.as('viewer', 'POST', '/v1/campaigns/other/plan')).status).toBe(404);
    const refused = await cairn.as('marketer', 'POST', '/v1/campaigns/spring/plan', { ...DRAFT, template: 'nothing' });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/template' }] } });
  });

  it('ends when the throttle has let the last one through, and counts those who are late', async () => {
    await meet(12, (index) => ({ timezone: index < 4 ? 'Pacific/Auckland' : 'Asia/Shanghai' }));
    const now = await cairn.now();
    const throttled = await plan({ ...DRAFT, throttle: { perMinute: 6 } });
    expect(throttled.firstAt).toBe(now);
    expect(throttled.lastAt).toBe(later(now, '110s'));
    const today = now.slice(0, 10);
    const hour = new Date(Date.parse(now) + 9 * 3_600_000).toISOString().slice(11, 16);
    const at = { time: `${today}T${hour}`, timezone: 'customer' };
    expect(await plan({ ...DRAFT, at })).toMatchObject({
      recipients: 12,
      late: 4,
      suppressed: { late: 4 },
      firstAt: later(now, '1h'),
    });
    expect(await plan({ ...DRAFT, at, late: 'now' })).toMatchObject({ late: 4, suppressed: {}, firstAt: now });
    // The campaign keeps to it: whose time is still to come gets it then.
    await publish({ at });
    await cairn.advance('59m');
    expect(await cairn.outbox()).toEqual([]);
    await cairn.advance('2m');
    expect((await cairn.outbox()).map(({ profileId }) => profileId).sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => `c${index + 4}`).sort(),
    );
    const { items } = await cairn.ok<{ items: { messages: object }[] }>(
      'viewer',
      'GET',
      '/v1/campaigns/spring/occurrences',
    );
    expect(items[0]?.messages).toMatchObject({ sent: 8, suppressed: { late: 4 } });
  });

  it('warns of what a submission would refuse or doubt', async () => {
    await meet(4);
    const paths = async (more: object) => (await plan({ ...DRAFT, ...more })).warnings.map(({ path }) => path);
    expect(await paths({})).toEqual([]);
    expect(await paths({ audience: { trait: 'city', eq: 'Lyon' } })).toEqual(['/audience']);
    expect(await paths({ channels: ['push'] })).toEqual(['/channels']);
    expect(await paths({ budget: { amount: 0.1, currency: 'CNY' } })).toEqual(['/budget']);
    expect(await paths({ budget: { amount: 1, currency: 'EUR' } })).toEqual(['/budget/currency']);
    expect(await paths({ throttle: { perMinute: 1 }, validFor: '2m' })).toEqual(['/throttle']);
    await cairn.ok('marketer', 'PUT', '/v1/templates/strict', {
      class: 'marketing',
      content: { sms: { text: 'Hello {{ profile.traits.nickname }}' } },
    });
    expect(await paths({ template: 'strict', channels: ['sms'] })).toEqual(['/template']);
    const at = { time: '2026-11-20T10:00', timezone: 'Asia/Shanghai' };
    await publish({ at }, 'other');
    expect(await paths({ at })).toEqual(['/at']);
    expect(await paths({ at: { ...at, time: '2026-11-21T10:00' } })).toEqual([]);
  });

  it('of more than a thousand customers is estimated, and its groups add up', async () => {
    const batch = Array.from({ length: 1_400 }, (_, index) => ({
      type: 'identify',
      userId: `n${index}`,
      traits: { city: index % 2 === 0 ? 'Shanghai' : 'Beijing', phone: phone(index) },
      ...SMS,
    }));
    for (let from = 0; from < batch.length; from += 200)
      await cairn.post('batch', { batch: batch.slice(from, from + 200) });
    const planned = await plan({ ...DRAFT, holdout: 10 });
    const { matched, duplicates, excluded, holdout, recipients, byChannel } = planned;
    expect(planned.estimated).toBe(true);
    expect(Math.abs(matched - 700)).toBeLessThan(70);
    expect(duplicates + excluded + holdout + recipients).toBe(matched);
    expect(byChannel).toEqual({ sms: recipients });
    expect(planned.cost.amount).toBeCloseTo(recipients * 0.05, 0);
  });
});

describe('submit', () => {
  it('refuses nobody at a known time, and keeps the plan’s warnings', async () => {
    await meet(2);
    await put({ audience: { trait: 'city', eq: 'Lyon' } });
    expect(await cairn.as('marketer', 'POST', '/v1/campaigns/spring/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/audience' }] },
    });
    await put({ audience: { trait: 'city', eq: 'Lyon' }, at: { every: 'week', time: '10:00', timezone: 'customer' } });
    expect(await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit')).toMatchObject({
      warnings: [{ path: '/audience' }],
    });
    await put({ budget: { amount: 0.01, currency: 'CNY' } });
    expect(await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit')).toMatchObject({
      status: 'submitted',
      warnings: [{ path: '/budget' }],
    });
  });
});

describe('the schedule', () => {
  const schedule = (query: object) =>
    cairn.ok<{ items: Record<string, unknown>[]; clashes: object[] }>(
      'viewer',
      'GET',
      `/v1/schedule?${new URLSearchParams(query as Record<string, string>)}`,
    );

  it('has campaigns and journeys, live and drafted, soonest first, and the days of too many', async () => {
    await meet(5);
    const range = { from: '2026-11-02', to: '2026-11-30' };
    const at = { time: '2026-11-20T10:00', timezone: 'Asia/Shanghai' };
    await publish({ at }, 'one');
    await put({ at: { every: 'week', days: ['fri'], time: '11:00', timezone: 'Asia/Shanghai' } }, 'weekly');
    await put({}, 'undated');
    await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
      name: 'News',
      entry: { schedule: { every: 'month', days: [20], time: '09:00', timezone: 'Asia/Shanghai' } },
      reentry: 'always',
      start: 'tell',
      nodes: {
        tell: { type: 'send', template: 'wake', channels: ['sms'], next: 'done' },
        done: { type: 'end', outcome: 'told' },
      },
    });
    const { items, clashes } = await schedule(range);
    expect(items.map(({ at: instant, id, kind, status }) => [instant, id, kind, status])).toEqual([
      ['2026-11-06T03:00:00.000Z', 'weekly', 'campaign', 'draft'],
      ['2026-11-13T03:00:00.000Z', 'weekly', 'campaign', 'draft'],
      ['2026-11-20T01:00:00.000Z', 'news', 'journey', 'draft'],
      ['2026-11-20T02:00:00.000Z', 'one', 'campaign', 'scheduled'],
      ['2026-11-20T03:00:00.000Z', 'weekly', 'campaign', 'draft'],
      ['2026-11-27T03:00:00.000Z', 'weekly', 'campaign', 'draft'],
    ]);
    expect(items[3]).toMatchObject({ name: 'Wake-up', owner: 'growth', channels: ['push', 'sms'], estimated: 5 });
    expect(items[2]).toMatchObject({ channels: ['sms'], estimated: 5 });
    expect(clashes).toEqual([{ day: '2026-11-20', ids: ['news', 'one', 'weekly'] }]);
  });

  it('says what has become of what has begun', async () => {
    await meet(2);
    await publish();
    await cairn.advance('1m');
    const from = '2026-11-02';
    expect((await schedule({ from })).items).toMatchObject([
      { id: 'spring', status: expect.stringMatching(/^(running|done)$/), estimated: 2 },
    ]);
  });

  it('refuses a range of more than 92 days', async () => {
    const answer = await cairn.as('viewer', 'GET', '/v1/schedule?from=2026-11-02&to=2027-03-02');
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/query/to' }] } });
  });
});
