import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, example } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

interface Occurrence {
  status: string;
  at: string;
  audience: { recipients: number };
  messages: { sent: number; waiting: number };
  variants?: { name: string; recipients: number; sent: number; converted: number }[];
  winner?: { name: string; by: string };
}

const CONSENT = { context: { consent: { categoryPreferences: { sms: true, push: true, email: true } } } };

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [], caps: [] });
});

/** `PUT`s an example and what it names, with changes. */
async function publish(id: string, more: object = {}): Promise<void> {
  const definition = { ...((await example('campaigns', id)) as Record<string, unknown>), ...more };
  const { template, variants = [] } = definition as { template?: string; variants?: { template: string }[] };
  for (const one of [template, ...variants.map((variant) => variant.template)])
    if (one !== undefined) await cairn.install('templates', one);
  await cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, definition);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
  await cairn.local('POST', 'settle');
}
const newest = async (id: string): Promise<Occurrence> => {
  const { items } = await cairn.ok<{ items: Occurrence[] }>('viewer', 'GET', `/v1/campaigns/${id}/occurrences`);
  const [first] = items;
  if (first === undefined) throw new Error(`${id} has no occurrence`);
  return first;
};
async function meet(count: number, traits: object = {}): Promise<void> {
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, index) => ({
      type: 'identify',
      userId: `c${from + index}`,
      traits: {
        phone: `+86138002${String(from + index).padStart(5, '0')}`,
        email: `c${from + index}@e.example`,
        ...traits,
      },
      ...CONSENT,
    }));
    await cairn.post('batch', { batch });
  }
}

describe('S13, a pilot', () => {
  it('of a launch reaches a hundred, and then everybody, and nobody twice', async () => {
    await meet(130, { fan: true });
    await publish('launch', { audience: { trait: 'fan', eq: true }, window: 'none' });
    await cairn.advance('2m');
    expect(await newest('launch')).toMatchObject({
      status: 'resting',
      audience: { recipients: 130 },
      messages: { sent: 100, waiting: 30 },
    });
    await cairn.ok('marketer', 'POST', '/v1/campaigns/launch/continue');
    await cairn.advance('2m');
    expect(await newest('launch')).toMatchObject({ status: 'done', messages: { sent: 130, waiting: 0 } });
    const reached = (await cairn.outbox()).map(({ profileId }) => profileId);
    expect(reached).toHaveLength(130);
    expect(new Set(reached).size).toBe(130);
  });

  it('that disappoints goes to nobody else', async () => {
    await meet(130, { fan: true });
    await publish('launch', { audience: { trait: 'fan', eq: true }, window: 'none' });
    await cairn.advance('2m');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/launch/cancel');
    await cairn.advance('1d');
    expect(await cairn.outbox()).toHaveLength(100);
    expect(await newest('launch')).toMatchObject({
      status: 'cancelled',
      messages: { sent: 100, suppressed: { cancelled: 30 } },
    });
  });
});

describe('S16, each Monday at ten', () => {
  it('tests two texts on some, and the others get the one that is clicked more', async () => {
    await meet(60, { quiet: true });
    await publish('weekly-wake-up', {
      audience: { trait: 'quiet', eq: true },
      winner: { by: 'clicked', sample: 50, after: '4h', atLeast: 5 },
    });
    // The clock starts on a Monday, at nine in Shanghai.
    await cairn.advance('70m');
    const sample = await newest('weekly-wake-up');
    expect(sample).toMatchObject({ status: 'resting' });
    expect(sample.at).toMatch(/T02:00:00/);
    const sent = await cairn.outbox({ channel: 'sms' });
    expect(sent.length).toBeGreaterThan(15);
    expect(sent.length).toBeLessThan(45);
    for (const { template, text = '' } of sent) {
      const [link] = text.match(/https?:\/\/\S+/) ?? [];
      if (template === 'wake-gift' && link !== undefined)
        await cairn.call('GET', new URL(link).pathname, undefined, { 'user-agent': 'Mozilla/5.0 (iPhone)' });
    }
    await cairn.advance('5h');
    const decided = await newest('weekly-wake-up');
    expect(decided).toMatchObject({ status: 'done', winner: { name: 'gift', by: 'clicked' } });
    const rest = (await cairn.outbox({ channel: 'sms' })).slice(sent.length);
    expect(rest).toHaveLength(60 - sent.length);
    expect(new Set(rest.map(({ template }) => template))).toEqual(new Set(['wake-gift']));
    const gifts = sent.filter(({ template }) => template === 'wake-gift').length;
    const sizes = ({ variants = [] }: typeof sample) => variants.map(({ recipients }) => recipients);
    expect(sizes(sample)).toEqual([sent.length - gifts, gifts]);
    expect(sizes(decided)).toEqual([sent.length - gifts, gifts + rest.length]);
    await cairn.advance('7d');
    expect((await newest('weekly-wake-up')).at > decided.at).toBe(true);
  });
});

describe('a goal', () => {
  it('counts each recipient once, of the variant that they were sent, and finds the winner by it', async () => {
    await meet(60, { quiet: true });
    await publish('weekly-wake-up', {
      audience: { trait: 'quiet', eq: true },
      winner: { by: 'converted', sample: 50, after: '4h', atLeast: 5 },
    });
    await cairn.advance('70m');
    const sent = await cairn.outbox({ channel: 'sms' });
    const buyers = sent.filter(({ template }) => template === 'wake-gift').map(({ profileId }) => profileId);
    for (const buyer of [...buyers, buyers[0] ?? '']) await cairn.track(buyer, 'Order Completed', { total: 10 });
    // Who was sent nothing converts nothing.
    await cairn.track('somebody', 'Order Completed', { total: 10 });
    await cairn.advance('10m');
    const { variants = [] } = await newest('weekly-wake-up');
    expect(variants.map(({ name, converted }) => ({ name, converted }))).toEqual([
      { name: 'money-off', converted: 0 },
      { name: 'gift', converted: buyers.length },
    ]);
    await cairn.advance('5h');
    expect(await newest('weekly-wake-up')).toMatchObject({ status: 'done', winner: { name: 'gift', by: 'converted' } });
  });
});

describe('other examples', () => {
  it('go three days before a big day at ten o’clock of each customer, but to the holdout', async () => {
    await meet(40, { vip: true });
    await publish('pre-heat', { audience: { trait: 'vip', eq: true }, exclude: { trait: 'staff', eq: true } });
    await cairn.advance('8d');
    const { audience, messages, status } = await newest('pre-heat');
    expect(status).toBe('done');
    expect(messages.sent).toBe(audience.recipients);
    expect((await cairn.outbox()).map(({ at }) => at.slice(0, 13))).toEqual(
      Array.from({ length: messages.sent }, () => '2026-11-08T02'),
    );
  });

  it('thank the visitors of a fair, when the fair’s system says so', async () => {
    await meet(3);
    await cairn.ok('marketer', 'PUT', '/v1/lists/fair', { name: 'Fair' });
    await cairn.ok('marketer', 'POST', '/v1/lists/fair/members', { profileIds: ['c0', 'c2'] });
    await publish('event-follow-up');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/event-follow-up/trigger', { data: { stand: 'B7' } });
    await cairn.advance('1m');
    const sent = await cairn.outbox({ channel: 'email' });
    expect(sent.map(({ html = '' }) => html.includes('stand B7'))).toEqual([true, true]);
  });

  it('are all tried here', async () => {
    expect((await readdir('examples/campaigns')).sort()).toEqual([
      'event-follow-up.json',
      'launch.json',
      'pre-heat.json',
      'weekly-wake-up.json',
    ]);
  });
});
