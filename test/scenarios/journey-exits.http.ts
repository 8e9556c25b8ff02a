import { describe, expect, it } from 'vitest';
import { cairn, DAY, journeyOf, publish, runsOf, setUpJourneys } from './journeys-harness.ts';

setUpJourneys();

describe('an exit and a goal that name the result of a node', () => {
  it('hold for the code that this run has drawn, for no other code, and so in the dry run', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/gifts', {
      name: 'Gifts',
      redeemedBy: [{ event: 'Redeemed', code: 'code' }],
    });
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/gifts/codes', { codes: ['A1', 'A2'] });
    const own = { event: 'Redeemed', same: { code: 'gift.code' } };
    const nodes = { gift: { type: 'coupon', pool: 'gifts', next: 'day' }, day: DAY };
    await publish('gifts', journeyOf({ event: 'Joined' }, nodes, { exit: [{ ...own, outcome: 'used' }], goal: own }));
    await cairn.track('ann', 'Joined');
    await cairn.advance('1h');
    await cairn.track('ann', 'Redeemed', { code: 'B2' });
    await cairn.local('POST', 'settle');
    expect(await runsOf('gifts', 'ann')).toMatchObject([{ status: 'open', node: 'day' }]);
    await cairn.track('ann', 'Redeemed', { code: 'A1' });
    await cairn.local('POST', 'settle');
    expect(await runsOf('gifts', 'ann')).toMatchObject([{ status: 'closed', outcome: 'used' }]);
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/gifts')).toMatchObject({ goal: { reached: 1 } });
    // A dry run draws made-up codes: the pool's id and a number.
    const events = [{ after: '1h', event: 'Redeemed', properties: { code: 'gifts-1' } }];
    expect(await cairn.ok('marketer', 'POST', '/v1/journeys/gifts/simulate', { profile: {}, events })).toMatchObject({
      outcome: 'used',
    });
  });
});

describe('an exit', () => {
  it('goes before an entry: what ends a run may begin the next', async () => {
    const again = { reentry: 'always', exit: [{ event: 'Cart Changed', same: 'cart', outcome: 'changed' }] };
    await publish('cart', journeyOf({ event: 'Cart Changed', key: 'cart' }, { day: DAY }, again));
    await cairn.track('ann', 'Cart Changed', { cart: 'c1' });
    await cairn.advance('1h');
    await cairn.track('ann', 'Cart Changed', { cart: 'c1' });
    expect(await runsOf('cart', 'ann')).toMatchObject([
      { status: 'open', key: 'c1', since: '2026-11-02T02:00:00.000Z' },
      { status: 'closed', outcome: 'changed', reason: 'exited', since: '2026-11-02T02:00:00.000Z' },
    ]);
    // In one batch too, and what comes behind the entry ends nothing before it.
    const batch = ['Cart Changed', 'Cart Changed'].map((event) => ({
      type: 'track',
      userId: 'bob',
      event,
      properties: { cart: 'c1' },
    }));
    await cairn.post('batch', { batch });
    expect((await runsOf('cart', 'bob')).map(({ status }) => status).sort()).toEqual(['closed', 'open']);
    await cairn.advance('25h');
    expect((await runsOf('cart', 'ann')).map(({ outcome }) => outcome)).toEqual(['done', 'changed']);
  });

  it('that came before its entry, and lies after it, counts and sets its tags', async () => {
    const exit = [{ event: 'Ordered', outcome: 'ordered', addTags: ['met'] }];
    await publish('late', journeyOf({ event: 'Looked' }, { day: DAY }, { exit }));
    await cairn.track('ann', 'Ordered', {}, { timestamp: '2026-11-02T00:59:00Z' });
    await cairn.track('ann', 'Looked', {}, { timestamp: '2026-11-02T00:58:00Z' });
    expect(await runsOf('late', 'ann')).toMatchObject([{ status: 'closed', outcome: 'ordered' }]);
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/late')).toMatchObject({
      entered: 1,
      open: 0,
      outcomes: { ordered: 1 },
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/ann')).toMatchObject({ tags: [{ id: 'met' }] });
  });

  it('a second before midnight stops the message that is due at midnight', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, floors: [] });
    const nodes = {
      night: { type: 'wait', until: { time: '00:00' }, next: 'say' },
      say: { type: 'send', template: 'hello', channels: ['sms'], next: 'done' },
    };
    await publish('night', journeyOf({ event: 'Looked' }, nodes, { exit: [{ event: 'Ordered' }] }));
    const context = { consent: { categoryPreferences: { sms: true } } };
    for (const userId of ['ann', 'bob']) {
      await cairn.identify(userId, { phone: '+8613800138000' }, { context });
      await cairn.track(userId, 'Looked');
    }
    await cairn.advanceTo('2026-11-02T15:59:59.000Z');
    await cairn.track('ann', 'Ordered');
    await cairn.advance('1h');
    expect((await cairn.outbox()).map(({ at, profileId }) => [at, profileId])).toEqual([
      ['2026-11-02T16:00:00.000Z', 'bob'],
    ]);
  });
});

describe('an update', () => {
  it('is seen by what follows it, at once', async () => {
    const content = { sms: { text: 'You are {{ profile.level }}' } };
    await cairn.ok('marketer', 'PUT', '/v1/templates/hello', { class: 'marketing', content });
    const seen = { all: [{ trait: 'level', eq: 'gold' }, { tag: 'met' }, { trait: 'old', exists: false }] };
    const nodes = {
      mark: { type: 'update', traits: { level: '{{ data.level }}', old: null }, addTags: ['met'], next: 'which' },
      which: { type: 'branch', cases: [{ if: seen, next: 'say' }], default: 'done' },
      say: { type: 'send', template: 'hello', channels: ['sms'], next: 'call' },
      call: { type: 'task', queue: 'sales', title: 'Call {{ profile.level }}', next: 'done' },
    };
    await publish('mark', journeyOf({ event: 'Looked' }, nodes));
    const context = { consent: { categoryPreferences: { sms: true } } };
    await cairn.identify('ann', { phone: '+8613800138000', level: 'iron', old: 1 }, { context });
    await cairn.track('ann', 'Looked', { level: 'gold' });
    expect((await cairn.outbox()).map(({ text }) => text)).toEqual(['You are gold']);
    expect(await cairn.ok('marketer', 'GET', '/v1/tasks?queue=sales')).toMatchObject({
      items: [{ title: 'Call gold' }],
    });
  });
});
