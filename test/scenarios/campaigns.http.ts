import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Occurrence {
  occurrence: string;
  status: string;
  reason?: string;
  audience: Record<'matched' | 'duplicates' | 'excluded' | 'holdout' | 'recipients', number>;
  messages: Record<'waiting' | 'deferred' | 'held' | 'sent' | 'unknown', number> &
    Record<'suppressed' | 'failed', Record<string, number>>;
  variants?: { name: string; recipients: number; sent: number; chanceToBeBest?: number }[];
  pilot?: { size: number; sent: number };
}

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [] });
  for (const [id, text] of [
    ['wake', 'We miss you'],
    ['gift', 'A gift'],
  ])
    await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, {
      class: 'marketing',
      topic: 'offers',
      content: { sms: { text: `${text}, {{ profile.traits.name | default: "you" }}` } },
    });
});

async function meet(count: number, traits: (index: number) => object = () => ({})): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await cairn.identify(
      `c${index}`,
      { phone: `+86138001${String(index).padStart(5, '0')}`, ...traits(index) },
      { context: { consent: { categoryPreferences: { sms: true } } } },
    );
  await cairn.local('POST', 'settle');
}

const DEFINITION = {
  name: 'Wake-up',
  audience: { trait: 'city', eq: 'Shanghai' },
  template: 'wake',
  channels: ['sms'],
  at: 'now',
};
async function publish(more: object = {}, id = 'spring'): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, { ...DEFINITION, ...more });
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
  await cairn.local('POST', 'settle');
}
const occurrences = async (id = 'spring') =>
  (await cairn.ok<{ items: Occurrence[] }>('viewer', 'GET', `/v1/campaigns/${id}/occurrences`)).items;
const only = async (): Promise<Occurrence> => {
  const [one, ...others] = await occurrences();
  if (one === undefined || others.length > 0) throw new Error('there is not one occurrence');
  adds(one);
  return one;
};
/** The two equations that hold at every instant. */
function adds({ audience, messages }: Occurrence): void {
  const { matched, duplicates, excluded, holdout, recipients } = audience;
  expect(duplicates + excluded + holdout + recipients).toBe(matched);
  const { suppressed, failed, ...counts } = messages;
  const all = [...Object.values(counts), ...Object.values(suppressed), ...Object.values(failed)];
  expect(all.reduce((sum, count) => sum + count, 0)).toBe(recipients);
}

describe('a campaign', () => {
  it('reaches its audience once, and counts whom it left out and why', async () => {
    await meet(10, (index) => ({ city: index < 8 ? 'Shanghai' : 'Beijing' }));
    await cairn.ok('marketer', 'POST', '/v1/profiles/c0/consents', { key: 'sms', granted: false });
    await publish({ exclude: { trait: 'phone', eq: '+8613800100001' } });
    await cairn.advance('1m');
    expect((await cairn.outbox({ channel: 'sms' })).map(({ profileId }) => profileId).length).toBe(6);
    expect(await only()).toMatchObject({
      status: 'done',
      audience: { matched: 8, duplicates: 0, excluded: 1, holdout: 0, recipients: 7 },
      messages: { sent: 6, suppressed: { 'no-consent': 1 }, waiting: 0 },
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/campaigns/spring')).toMatchObject({ status: 'done', version: 1 });
  });
});

describe('who is in the audience', () => {
  it('is each person once by address, the oldest profile; and the holdout is the same each time', async () => {
    await meet(40, () => ({ city: 'Shanghai' }));
    await cairn.advance('1m');
    for (const index of [50, 51])
      await cairn.identify(
        `c${index}`,
        { phone: '+8613800100000', city: 'Shanghai' },
        { context: { consent: { categoryPreferences: { sms: true } } } },
      );
    await publish({ at: 'trigger', holdout: 25 });
    const ask = (key: string) =>
      cairn.as('marketer', 'POST', '/v1/campaigns/spring/trigger', {}, { 'idempotency-key': key });
    const first = await ask('one');
    expect(first.status).toBe(202);
    expect((await ask('one')).body).toEqual(first.body);
    await cairn.advance('1m');
    const [only] = await occurrences();
    if (only === undefined) throw new Error('there is no occurrence');
    adds(only);
    expect(only.audience).toMatchObject({ matched: 42, duplicates: 2, excluded: 0 });
    expect(only.audience.holdout).toBeGreaterThan(2);
    const reached = async () => new Set((await cairn.outbox({ channel: 'sms' })).map(({ to }) => String(to)));
    const once = await reached();
    expect(once.size).toBe(only.audience.recipients);
    await cairn.advance('1d');
    await ask('two');
    await cairn.advance('1m');
    expect(await occurrences()).toHaveLength(2);
    expect(await reached()).toEqual(once);
    for (const [audience, path] of [
      [{ list: 'fare' }, '/audience/list'],
      [{ all: [{ segment: 'vips' }] }, '/audience'],
    ] as const) {
      const refused = await cairn.as('marketer', 'POST', '/v1/campaigns/spring/trigger', { audience });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    }
  });

  it('is split by weight, and by a condition first', async () => {
    await meet(40, (index) => ({ city: 'Shanghai', vip: index < 5 }));
    await publish({
      variants: [
        { name: 'money', weight: 50 },
        { name: 'gift', weight: 50, template: 'gift' },
        { name: 'vip', template: 'gift', if: { trait: 'vip', eq: true } },
      ],
    });
    await cairn.advance('1m');
    const { variants = [] } = await only();
    expect(variants.map(({ name }) => name)).toEqual(['money', 'gift', 'vip']);
    expect(variants[2]?.recipients).toBe(5);
    expect(variants.map(({ chanceToBeBest }) => chanceToBeBest !== undefined)).toEqual([true, true, false]);
    expect(variants.reduce((sum, { recipients }) => sum + recipients, 0)).toBe(40);
    const gifts = (await cairn.outbox({ channel: 'sms' })).filter(({ template }) => template === 'gift');
    expect(gifts).toHaveLength((variants[1]?.recipients ?? 0) + 5);
  });

  it('finds a winner among those split by weight: a variant for some goes to nobody else', async () => {
    await meet(40, (index) => ({ city: 'Shanghai', vip: index < 10 }));
    const vip = { name: 'vip', template: 'gift', if: { trait: 'vip', eq: true } };
    const winner = { by: 'clicked', sample: 30, after: '1h', atLeast: 1 };
    await cairn.ok('marketer', 'PUT', '/v1/campaigns/one', { ...DEFINITION, variants: [vip, { name: 'a' }], winner });
    expect(await cairn.as('marketer', 'POST', '/v1/campaigns/one/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/winner' }] },
    });
    await publish({ variants: [vip, { name: 'a' }, { name: 'b' }], winner });
    const gifts = async () => (await cairn.outbox({ channel: 'sms' })).filter(({ template }) => template === 'gift');
    await cairn.advance('1m');
    expect(await only()).toMatchObject({ status: 'resting' });
    expect(await gifts()).toHaveLength(10);
    await cairn.advance('2h');
    const { variants = [], ...done } = await only();
    expect(done).toMatchObject({ status: 'done', messages: { sent: 40 }, winner: { name: 'a' } });
    expect((await gifts()).map(({ profileId }) => Number(profileId.slice(1))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => index),
    );
    expect(variants.map(({ recipients }) => recipients)).toEqual(variants.map(({ sent }) => sent));
  });

  it('refuses whom no variant is for, as its plan says', async () => {
    await meet(4, (index) => ({ city: 'Shanghai', region: ['north', 'south', 'west', 'west'][index] }));
    const regional = {
      template: undefined,
      variants: ['north', 'south'].map((name) => ({ name, template: 'gift', if: { trait: 'region', eq: name } })),
    };
    const put = await cairn.ok<{ warnings: { path: string }[] }>('marketer', 'PUT', '/v1/campaigns/spring', {
      ...DEFINITION,
      ...regional,
    });
    expect(put.warnings.map(({ path }) => path)).toContain('/variants');
    const plan = await cairn.ok<{ suppressed: object }>('marketer', 'POST', '/v1/campaigns/spring/plan');
    expect(plan.suppressed).toEqual({ 'no-template': 2 });
    await publish(regional);
    await cairn.advance('1m');
    const { status, messages } = await only();
    expect({ status, messages }).toMatchObject({
      status: 'done',
      messages: { waiting: 0, sent: 2, suppressed: { 'no-template': 2 } },
    });
  });
});

describe('a pilot', () => {
  it('goes to so many first, and to the others once somebody has looked', async () => {
    await meet(30, () => ({ city: 'Shanghai' }));
    await publish({ pilot: 10 });
    await cairn.advance('1m');
    expect(await cairn.outbox({ channel: 'sms' })).toHaveLength(10);
    expect(await only()).toMatchObject({ status: 'resting', pilot: { size: 10, sent: 10 }, messages: { waiting: 20 } });
    expect(await cairn.ok('viewer', 'GET', '/v1/campaigns/spring')).toMatchObject({ status: 'resting' });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/continue');
    await cairn.advance('1m');
    const sent = await cairn.outbox({ channel: 'sms' });
    expect(new Set(sent.map(({ profileId }) => profileId)).size).toBe(30);
    expect(sent).toHaveLength(30);
    expect(await only()).toMatchObject({ status: 'done', messages: { sent: 30 } });
    expect((await cairn.as('marketer', 'POST', '/v1/campaigns/spring/continue')).status).toBe(409);
  });

  it('tells how many of it were sent to, also once the others were', async () => {
    await meet(30, () => ({ city: 'Shanghai' }));
    for (let index = 0; index < 12; index += 1)
      await cairn.ok('marketer', 'POST', `/v1/profiles/c${index}/consents`, { key: 'sms', granted: false });
    await publish({ pilot: 10 });
    await cairn.advance('1m');
    const { length } = await cairn.outbox({ channel: 'sms' });
    expect(length).toBeLessThan(10);
    expect(await only()).toMatchObject({ status: 'resting', pilot: { size: 10, sent: length } });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/continue');
    await cairn.advance('1m');
    expect(await only()).toMatchObject({ status: 'done', messages: { sent: 18 }, pilot: { size: 10, sent: length } });
  });
});

describe('stopping', () => {
  it('by a pause lets nobody else be sent to, and goes on with the next one', async () => {
    await meet(30, () => ({ city: 'Shanghai' }));
    await publish({ throttle: { perMinute: 120 } });
    await cairn.advance('5s');
    const before = (await cairn.outbox({ channel: 'sms' })).length;
    expect(before).toBeGreaterThan(2);
    expect(before).toBeLessThan(25);
    const paused = await cairn.ok<{ status: string; inFlight: number }>(
      'marketer',
      'POST',
      '/v1/campaigns/spring/pause',
      { reason: 'a wrong price' },
    );
    expect(paused.status).toBe('paused');
    await cairn.advance('1h');
    const while_ = (await cairn.outbox({ channel: 'sms' })).length;
    expect(while_).toBeLessThanOrEqual(before + paused.inFlight);
    expect(await only()).toMatchObject({ status: 'paused' });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/resume');
    await cairn.advance('1m');
    const sent = await cairn.outbox({ channel: 'sms' });
    expect(sent).toHaveLength(30);
    expect(new Set(sent.map(({ profileId }) => profileId)).size).toBe(30);
    expect(await only()).toMatchObject({ status: 'done', messages: { sent: 30, held: 0 } });
  });

  it('for good leaves the others, counted as cancelled', async () => {
    await meet(30, () => ({ city: 'Shanghai' }));
    await publish({ throttle: { perMinute: 60 } });
    await cairn.advance('5s');
    const { occurrence } = await only();
    const answer = await cairn.ok<{ status: string }>('marketer', 'POST', '/v1/campaigns/spring/cancel', {
      occurrence,
    });
    expect(answer.status).toBe('cancelled');
    await cairn.advance('1h');
    const sent = (await cairn.outbox({ channel: 'sms' })).length;
    expect(sent).toBeLessThan(15);
    expect(await only()).toMatchObject({
      status: 'cancelled',
      messages: { sent, waiting: 0, suppressed: { cancelled: 30 - sent } },
    });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/cancel');
    expect(await cairn.ok('viewer', 'GET', '/v1/campaigns/spring')).toMatchObject({ status: 'cancelled' });
  });
});

describe('times', () => {
  it('that are all over are refused', async () => {
    await meet(1, () => ({ city: 'Shanghai' }));
    const put = (until: string) =>
      cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', {
        ...DEFINITION,
        at: { every: 'day', time: '10:00', until },
      });
    await put('2026-10-30');
    expect(await cairn.as('marketer', 'POST', '/v1/campaigns/spring/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/at/until' }] },
    });
    const passed = { time: '2026-10-30T10:00', timezone: 'customer' };
    await cairn.ok('marketer', 'PUT', '/v1/campaigns/passed', { ...DEFINITION, at: passed, late: 'now' });
    expect(await cairn.as('marketer', 'POST', '/v1/campaigns/passed/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/at/time' }] },
    });
    await put('2026-11-04');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
    await cairn.advance('3d');
    expect((await cairn.as('marketer', 'POST', '/v1/campaigns/spring/publish')).body).toMatchObject({
      errors: [{ path: '/at/until' }],
    });
  });

  it('of a week come each Monday at ten, and one that would overlap is left out', async () => {
    await meet(4, () => ({ city: 'Shanghai' }));
    await publish({ at: { every: 'week', days: ['mon'], time: '10:00', timezone: 'Asia/Shanghai' }, pilot: 2 });
    expect(await cairn.ok('viewer', 'GET', '/v1/campaigns/spring')).toMatchObject({ status: 'scheduled' });
    await cairn.advance('2d');
    const [first] = await occurrences();
    expect(first).toMatchObject({ status: 'resting' });
    expect(new Date((first as unknown as { at: string }).at).toISOString()).toMatch(/T02:00:00/);
    await cairn.advance('7d');
    expect((await occurrences()).map(({ status, reason }) => ({ status, reason }))).toEqual([
      { status: 'cancelled', reason: 'overlap' },
      { status: 'resting', reason: undefined },
    ]);
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/continue');
    await cairn.advance('7d');
    expect(await occurrences()).toHaveLength(3);
  });

  it('are each customer’s own, and the audience is frozen at the first', async () => {
    const zones = ['Pacific/Auckland', 'Asia/Shanghai', 'Europe/Berlin', 'America/Los_Angeles'];
    await meet(4, (index) => ({ city: 'Shanghai', timezone: zones[index] }));
    const date = new Date(Date.parse(await cairn.now()) + 3 * 86_400_000).toISOString().slice(0, 10);
    await publish({ at: { time: `${date}T10:00`, timezone: 'customer' } });
    await cairn.advance('5d');
    const sent = await cairn.outbox({ channel: 'sms' });
    const hours = sent.map(({ at, profileId }, index) => {
      const zone = zones[Number(profileId.slice(1))] ?? zones[index] ?? 'UTC';
      return new Date(at).toLocaleString('sv-SE', { timeZone: zone }).slice(0, 13);
    });
    expect(hours).toEqual(Array.from({ length: 4 }, () => `${date} 10`));
    expect(await only()).toMatchObject({ status: 'done', messages: { sent: 4 } });
  });
});
