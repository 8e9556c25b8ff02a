import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cairn, later, type Sent } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

const PHONE = '+8613800138000';
const CODES = Array.from({ length: 20 }, (_, index) => `WELCOME-${index}`);
let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.install('coupon-pools', 'welcome-50');
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/welcome-50/codes', { codes: CODES });
  for (const template of ['welcome-coupon', 'tutorial']) await cairn.install('templates', template);
  await cairn.install('tags', 'sleeping');
  await cairn.install('journeys', 'new-customer');
  await cairn.publish('new-customer');
});
afterAll(() => releaseCairn(cairn));

/** When the test began. */
let start: string;
beforeEach(async () => {
  start = await cairn.now();
});

async function signUp(userId: string): Promise<void> {
  await cairn.identify(
    userId,
    { name: 'Lin', phone: PHONE },
    {
      context: {
        device: { type: 'ios', token: `token-${userId}` },
        consent: { categoryPreferences: { push: true, sms: true } },
      },
    },
  );
  await cairn.track(userId, 'Signed Up');
}

const seen = (items: Sent[]) => items.map(({ at, channel, template }) => ({ at, channel, template }));
const codeOf = (sent?: Sent) => /WELCOME-\d+/.exec(sent?.body ?? '')?.[0];
const tasksFor = async (userId: string) => {
  const { items } = await cairn.ok<{ items: { profileId: string; at: string; status: string }[] }>(
    'marketer',
    'GET',
    '/v1/tasks?queue=customer-service',
  );
  return items.filter(({ profileId }) => profileId === userId);
};

describe('S1, the new customer', () => {
  it('gets a push with a coupon at once and the tutorial 48 hours later, to the second', async () => {
    await signUp('ann');
    await cairn.advance('48h');
    expect(seen(await cairn.outbox({ profileId: 'ann' }))).toEqual([
      { at: start, channel: 'push', template: 'welcome-coupon' },
      { at: later(start, '48h'), channel: 'push', template: 'tutorial' },
    ]);
  });

  it('draws a code of its own for every customer', async () => {
    await signUp('bea');
    await signUp('bob');
    const sent = [...(await cairn.outbox({ profileId: 'bea' })), ...(await cairn.outbox({ profileId: 'bob' }))];
    const codes = sent.map(codeOf);
    expect(codes.filter((code) => CODES.includes(code ?? ''))).toHaveLength(2);
    expect(new Set(codes).size).toBe(2);
  });

  it('leaves a task to customer service after 72 hours when the coupon was not used', async () => {
    await signUp('cai');
    await cairn.advance('71h');
    expect(await tasksFor('cai')).toEqual([]);
    await cairn.advance('1h');
    expect(await tasksFor('cai')).toMatchObject([{ at: later(start, '72h'), status: 'open' }]);
  });

  it('leaves no task when the coupon was used', async () => {
    await signUp('dan');
    const [push] = await cairn.outbox({ profileId: 'dan' });
    await cairn.advance('1h');
    await cairn.track('dan', 'Coupon Redeemed', { code: codeOf(push) });
    await cairn.advance('96h');
    expect(await tasksFor('dan')).toEqual([]);
    const runs = await cairn.ok<{ items: { status: string }[] }>(
      'viewer',
      'GET',
      '/v1/journeys/new-customer/runs?profileId=dan',
    );
    expect(runs.items).toMatchObject([{ status: 'closed' }]);
  });

  it('is welcomed once, though the event is delivered again', async () => {
    await signUp('eva');
    await cairn.track('eva', 'Signed Up');
    await cairn.post('track', { userId: 'eva', event: 'Signed Up', messageId: 'again' });
    await cairn.post('track', { userId: 'eva', event: 'Signed Up', messageId: 'again' });
    await cairn.advance('96h');
    expect(await cairn.outbox({ profileId: 'eva' })).toHaveLength(2);
  });
});

describe('S12, no crossing', () => {
  it('does not welcome a sleeping customer', async () => {
    await cairn.track('old', 'Logged In');
    await cairn.advance('31d');
    const profile = await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', '/v1/profiles/old');
    expect(profile.tags.map((tag) => tag.id)).toContain('sleeping');
    await signUp('old');
    await cairn.advance('96h');
    expect(await cairn.outbox({ profileId: 'old' })).toEqual([]);
  });
});
