import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cairn, type Sent } from './cairn.ts';

const PHONE = '+8613800138000';
let cairn: Cairn;

beforeAll(async () => {
  cairn = await Cairn.start();
});
afterAll(() => cairn.stop());

beforeEach(async () => {
  await cairn.reset();
  for (const pool of ['welcome-50']) await cairn.install('coupon-pools', pool);
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/welcome-50/codes', {
    codes: ['WELCOME-1', 'WELCOME-2', 'WELCOME-3'],
  });
  for (const template of ['welcome-coupon', 'tutorial']) await cairn.install('templates', template);
  await cairn.install('tags', 'sleeping');
  await cairn.install('journeys', 'new-customer');
  await cairn.publish('new-customer');
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

describe('S1, the new customer', () => {
  it('gets a push with a coupon at once and the tutorial 48 hours later, to the second', async () => {
    await signUp('ann');
    await cairn.advance('48h');
    expect(seen(await cairn.outbox({ profileId: 'ann' }))).toEqual([
      { at: '2026-11-02T01:00:00.000Z', channel: 'push', template: 'welcome-coupon' },
      { at: '2026-11-04T01:00:00.000Z', channel: 'push', template: 'tutorial' },
    ]);
  });

  it('draws a code of its own for every customer', async () => {
    await signUp('ann');
    await signUp('bob');
    const bodies = (await cairn.outbox()).map((sent) => sent.body ?? '');
    const codes = bodies.map((body) => /WELCOME-\d/.exec(body)?.[0]);
    expect(new Set(codes)).toEqual(new Set(['WELCOME-1', 'WELCOME-2']));
  });

  it('leaves a task to customer service after 72 hours when the coupon was not used', async () => {
    await signUp('ann');
    await cairn.advance('71h');
    expect((await cairn.ok<{ items: unknown[] }>('marketer', 'GET', '/v1/tasks?queue=customer-service')).items).toEqual(
      [],
    );
    await cairn.advance('1h');
    const { items } = await cairn.ok<{ items: { profileId: string; at: string; status: string }[] }>(
      'marketer',
      'GET',
      '/v1/tasks?queue=customer-service',
    );
    expect(items).toMatchObject([{ profileId: 'ann', at: '2026-11-05T01:00:00.000Z', status: 'open' }]);
  });

  it('leaves no task when the coupon was used', async () => {
    await signUp('ann');
    const [push] = await cairn.outbox({ profileId: 'ann' });
    await cairn.advance('1h');
    await cairn.track('ann', 'Coupon Redeemed', { code: /WELCOME-\d/.exec(push?.body ?? '')?.[0] });
    await cairn.advance('96h');
    expect((await cairn.ok<{ items: unknown[] }>('marketer', 'GET', '/v1/tasks?queue=customer-service')).items).toEqual(
      [],
    );
    const runs = await cairn.ok<{ items: { status: string }[] }>(
      'viewer',
      'GET',
      '/v1/journeys/new-customer/runs?profileId=ann',
    );
    expect(runs.items).toMatchObject([{ status: 'closed' }]);
  });

  it('is welcomed once, though the event is delivered again', async () => {
    await signUp('ann');
    await cairn.track('ann', 'Signed Up');
    await cairn.post('track', { userId: 'ann', event: 'Signed Up', messageId: 'again' });
    await cairn.post('track', { userId: 'ann', event: 'Signed Up', messageId: 'again' });
    await cairn.advance('96h');
    expect(await cairn.outbox({ profileId: 'ann' })).toHaveLength(2);
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
