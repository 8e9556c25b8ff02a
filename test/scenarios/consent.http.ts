import { describe, expect, it } from 'vitest';
import type { Answer } from './cairn.ts';
import {
  cairn,
  clientKey,
  consenting,
  meet,
  messages,
  newPhone,
  patch,
  profile,
  says,
  sendTo,
  setUpConsent,
} from './consent-harness.ts';

setUpConsent();

async function report(profileId: string, kind: string): Promise<void> {
  const [newest] = await messages(profileId);
  await cairn.local('POST', 'feedback', { messageId: newest?.id, kind });
  await cairn.local('POST', 'settle');
}

const asClient = (type: string, message: object): Promise<Answer> =>
  cairn.call('POST', `/v1/${type}`, message, {
    authorization: `Basic ${Buffer.from(`${clientKey}:`).toString('base64')}`,
  });

describe('a complaint binds the address', () => {
  it('however it is written, and whatever becomes of the trait', async () => {
    const ann = await meet({ email: 'wei@exämple.example' });
    expect(await sendTo(ann, 'mail')).toBe('sent');
    await report(ann, 'complained');
    expect((await profile(ann)).addresses.email).toMatchObject({ status: 'suppressed' });
    for (const email of ['Wei@Exämple.example', ' wei@XN--EXMPLE-CUA.example ', null, 'wei@exämple.example']) {
      await patch(ann, { email });
      expect(await sendTo(ann, 'mail')).toBe(email === null ? 'no-address' : 'suppressed-address');
    }
    await patch(ann, { email: 'other@exämple.example' });
    expect(await sendTo(ann, 'mail')).toBe('sent');
    await patch(ann, { email: 'WEI@exämple.example' });
    expect(await sendTo(ann, 'mail')).toBe('suppressed-address');
  });

  it('for another profile, and for one that is merged with it', async () => {
    const ann = await meet({ email: 'shared@b.example' });
    await sendTo(ann, 'mail');
    await report(ann, 'complained');
    const bob = await meet({ email: 'Shared@b.example' });
    expect(await sendTo(bob, 'mail')).toBe('suppressed-address');
    const carl = await meet({ email: 'carl@b.example' });
    await cairn.post('alias', { userId: carl, previousId: bob });
    await patch(carl, { email: 'shared@B.example' });
    expect(await sendTo(carl, 'mail')).toBe('suppressed-address');
  });

  it('until an admin lifts it; a bad address anybody who markets, or a delivery', async () => {
    const ann = await meet({ email: 'lift@c.example' });
    const lift = (role: string) => cairn.as(role, 'POST', '/v1/addresses/email/Lift%40C.example/lift');
    await sendTo(ann, 'mail');
    await report(ann, 'bounced');
    expect(await sendTo(ann, 'mail')).toBe('bad-address');
    expect((await lift('viewer')).status).toBe(403);
    expect(await lift('marketer')).toMatchObject({
      status: 200,
      body: { channel: 'email', address: 'lift@c.example', status: 'ok' },
    });
    expect(await sendTo(ann, 'mail')).toBe('sent');
    await report(ann, 'complained');
    expect((await lift('approver')).status).toBe(403);
    expect(await sendTo(ann, 'mail')).toBe('suppressed-address');
    expect((await lift('admin')).status).toBe(200);
    expect(await sendTo(ann, 'mail')).toBe('sent');
    const { items } = await cairn.ok<{ items: { action: string; id: string }[] }>('admin', 'GET', '/v1/audit?limit=50');
    const lifted = items.filter(({ action }) => action === 'lift');
    expect(lifted.length).toBeGreaterThan(2);
    expect(JSON.stringify(lifted)).not.toContain('c.example');
  });

  it('that an admin adds and lists', async () => {
    const add = (role: string, body: object) => cairn.as(role, 'POST', '/v1/addresses?status=suppressed', body);
    expect((await add('approver', { channel: 'sms', address: '13800138077' })).status).toBe(403);
    expect(await add('admin', { channel: 'sms', address: '138 0013 8077' })).toMatchObject({
      status: 201,
      body: { channel: 'sms', address: '+8613800138077', status: 'suppressed' },
    });
    expect((await add('admin', { channel: 'email', address: 'no address' })).status).toBe(422);
    expect((await cairn.as('approver', 'GET', '/v1/addresses?status=suppressed')).status).toBe(403);
    const { items } = await cairn.ok<{ items: object[] }>('admin', 'GET', '/v1/addresses?status=suppressed&limit=200');
    expect(items).toContainEqual(expect.objectContaining({ channel: 'sms', address: '+8613800138077' }));
    const ann = await meet({ phone: '+8613800138077', email: 'next@d.example' });
    expect(await sendTo(ann, 'text')).toBe('suppressed-address');
    expect(await sendTo(ann, 'either')).toBe('sent');
    expect((await messages(ann))[0]?.channel).toBe('email');
  });
});

describe('STOP binds the number', () => {
  const consentTo = (categoryPreferences: object) => ({ context: { consent: { categoryPreferences } } });

  it('for whoever gets it later, until START or a later yes', async () => {
    const phone = newPhone();
    const ann = await meet({ phone });
    expect(await sendTo(ann, 'text')).toBe('sent');
    await says(phone, 'stop please 🛑');
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    const bob = await meet({ phone });
    expect(await sendTo(bob, 'text')).toBe('no-consent');
    expect((await profile(bob)).consent.sms).toMatchObject({ granted: false, source: 'stop' });
    const carl = await meet({ phone: newPhone() });
    await patch(carl, { phone });
    expect(await sendTo(carl, 'text')).toBe('no-consent');
    await cairn.advance('1s');
    await cairn.ok('marketer', 'POST', `/v1/profiles/${carl}/consents`, { key: 'sms', granted: true });
    expect(await sendTo(carl, 'text')).toBe('sent');
    await says(phone, 'STOP');
    expect(await sendTo(carl, 'text')).toBe('no-consent');
    await cairn.advance('1s');
    await says(phone, 'start');
    expect(await sendTo(ann, 'text')).toBe('sent');
  });

  it('whoever gives the number as theirs with a client key, and agrees for it', async () => {
    const phone = newPhone();
    await meet({ phone });
    await says(phone, 'STOP');
    const mallory = await meet({ phone });
    await cairn.advance('1s');
    const agrees = { userId: mallory, event: 'Segment Consent Preference Updated', ...consentTo({ sms: true }) };
    await asClient('track', agrees);
    await cairn.local('POST', 'settle');
    expect(await sendTo(mallory, 'text')).toBe('no-consent');
    expect((await profile(mallory)).consent.sms).toMatchObject({ granted: false, source: 'stop' });
    await cairn.advance('1s');
    await cairn.track(mallory, agrees.event, {}, consentTo({ sms: true }));
    expect(await sendTo(mallory, 'text')).toBe('sent');
  });

  it('says something else with other words', async () => {
    const phone = newPhone();
    const ann = await meet({ phone });
    await says(phone, 'End of history');
    expect(await sendTo(ann, 'text')).toBe('sent');
  });
});

describe('a push token', () => {
  it('belongs to the profile that registered it last', async () => {
    const device = { device: { type: 'ios', token: 'one-phone' } };
    const ann = await meet({}, device);
    expect(await sendTo(ann, 'note')).toBe('sent');
    await cairn.advance('1s');
    const bob = await meet({}, device);
    expect(await sendTo(ann, 'note')).toBe('no-address');
    expect(await sendTo(bob, 'note')).toBe('sent');
    expect((await profile(ann)).addresses.push ?? []).toEqual([]);
    await cairn.track(ann, 'Logged In', {}, consenting(device));
    expect(await sendTo(ann, 'note')).toBe('sent');
    expect(await sendTo(bob, 'note')).toBe('no-address');
  });

  it('goes along when its profile is merged', async () => {
    const device = { device: { type: 'ios', token: 'wandering-phone' } };
    const ann = await meet({}, device);
    const bob = await meet({});
    await cairn.post('alias', { userId: bob, previousId: ann });
    expect(await sendTo(bob, 'note')).toBe('sent');
  });
});

describe('with a client key', () => {
  it.each([
    'Message Suppressed',
    'Message Unknown',
    'Message Sent',
    'Unsubscribed',
    'Task Completed',
    'Webhook Answered',
    '@tag-added',
    '@run-ended',
  ])('nobody sends %s', async (event) => {
    const { status, body } = await asClient('track', { userId: 'forger', event, properties: { messageId: 'm' } });
    expect([status, body]).toMatchObject([400, { errors: [{ path: '/event' }] }]);
  });

  it('two known users stay apart, an anonymous profile is merged', async () => {
    const ann = await meet({ name: 'Ann' });
    const mallory = await meet({ name: 'Mallory' });
    const taken = await asClient('alias', { userId: mallory, previousId: ann });
    expect([taken.status, taken.body]).toMatchObject([
      200,
      { accepted: 1, warnings: [{ index: 0, path: '/previousId' }] },
    ]);
    await asClient('alias', { userId: 'nobody-yet', previousId: ann });
    await asClient('track', { anonymousId: 'visitor', event: 'Seen' });
    await asClient('alias', { userId: mallory, previousId: 'visitor' });
    await cairn.local('POST', 'settle');
    expect(await cairn.ok('viewer', 'GET', `/v1/profiles/${ann}`)).toMatchObject({ id: ann, traits: { name: 'Ann' } });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/visitor')).toMatchObject({ id: mallory });
    await cairn.ok('marketer', 'PUT', '/v1/computed-traits/orders', { event: 'Order Completed', count: {} });
    await cairn.track(mallory, 'Order Completed');
    const { traits } = await cairn.ok<{ traits: object }>('admin', 'GET', `/v1/profiles/${mallory}`);
    expect(traits).toMatchObject({ orders: 1 });
  });

  it('a coupon is redeemed by the profile that drew it alone', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/gifts', {
      name: 'Gifts',
      redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }],
    });
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/gifts/codes', { codes: ['G1', 'G2', 'G3'] });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/gift', {
      name: 'Gift',
      entry: { event: 'Start gift' },
      start: 'draw',
      nodes: { draw: { type: 'coupon', pool: 'gifts', next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish('gift');
    const ann = await meet({});
    await cairn.track(ann, 'Start gift');
    const redeemed = async () =>
      (await cairn.ok<{ redeemed: number }>('viewer', 'GET', '/v1/coupon-pools/gifts')).redeemed;
    const redeem = async (userId: string, code: string) => {
      await asClient('track', { userId, event: 'Coupon Redeemed', properties: { code } });
      await cairn.local('POST', 'settle');
    };
    for (const code of ['G1', 'G2', 'G3']) await redeem('mallory', code);
    await redeem(ann, 'G2');
    expect(await redeemed()).toBe(0);
    await redeem(ann, 'G1');
    expect(await redeemed()).toBe(1);
    await cairn.track('cashier', 'Coupon Redeemed', { code: 'G3' });
    expect(await redeemed()).toBe(2);
  });
});

describe('what is held of a run that is left', () => {
  it('by an archive is held no more, though the run had ended before', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/ended', {
      name: 'ended',
      entry: { event: 'Start ended' },
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'news', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
      validFor: '30d',
    });
    await cairn.publish('ended');
    const ann = await meet({ phone: newPhone() });
    const other = await meet({ phone: newPhone() });
    // They wait for their provider when the pause comes; their runs do not.
    await cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times: 2 });
    await cairn.track(ann, 'Start ended');
    await cairn.track(other, 'Start text');
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'storm' });
    try {
      await cairn.advance('5m');
      for (const id of [ann, other]) expect((await messages(id))[0]).toMatchObject({ status: 'held' });
      const runs = await cairn.ok('marketer', 'GET', `/v1/journeys/ended/runs?profileId=${ann}`);
      expect(runs).toMatchObject({ items: [{ status: 'closed', reason: 'ended' }] });
      await cairn.ok('marketer', 'POST', '/v1/journeys/ended/archive');
      await cairn.advance('1m');
      expect((await messages(ann))[0]).toMatchObject({ status: 'suppressed', reason: 'exited' });
      expect((await messages(other))[0]).toMatchObject({ status: 'held' });
    } finally {
      await cairn.ok('approver', 'POST', '/v1/channels/sms/resume');
      await cairn.local('POST', 'settle');
    }
  });

  it.each(['archive', 'exit'])('by %s is held no more', async (how) => {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/left-by-${how}`, {
      name: how,
      entry: { event: `Start ${how}` },
      exit: [{ event: 'Order Completed', outcome: 'ordered' }],
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'news', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish(`left-by-${how}`);
    const ann = await meet({ phone: newPhone() });
    await cairn.ok('marketer', 'POST', '/v1/channels/sms/pause', { reason: 'storm' });
    try {
      await cairn.track(ann, `Start ${how}`);
      expect((await messages(ann))[0]).toMatchObject({ status: 'held' });
      await cairn.advance('1m');
      if (how === 'archive') await cairn.ok('marketer', 'POST', `/v1/journeys/left-by-${how}/archive`);
      else await cairn.track(ann, 'Order Completed');
      await cairn.advance('1m');
      expect((await messages(ann))[0]).toMatchObject({ status: 'suppressed', reason: 'exited' });
    } finally {
      await cairn.ok('approver', 'POST', '/v1/channels/sms/resume');
      await cairn.local('POST', 'settle');
    }
  });
});
