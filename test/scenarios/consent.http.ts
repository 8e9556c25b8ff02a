import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
let clientKey: string;
let people = 0;

const JOURNEYS = { mail: ['email'], text: ['sms'], note: ['push'], either: ['sms', 'email'] };

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    caps: [],
    topics: ['offers'],
    validFor: { journey: '2h', transactional: '1h' },
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    topic: 'offers',
    content: {
      sms: { text: 'News' },
      email: { subject: 'News', html: '<a href="https://shop.example/商品?q=&#39;x&#39;">see</a>' },
      push: { title: 'News', body: 'of today' },
    },
  });
  await cairn.ok('marketer', 'PUT', '/v1/templates/page', {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: 'Choose: {{ unsubscribeUrl }} .' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/page', {
    name: 'page',
    entry: { event: 'Start page' },
    reentry: 'always',
    start: 'notify',
    nodes: { notify: { type: 'send', template: 'page', channels: ['sms'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('page');
  for (const [id, channels] of Object.entries(JOURNEYS)) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
      name: id,
      entry: { event: `Start ${id}` },
      reentry: 'always',
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'news', channels, next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish(id);
  }
  const { key } = await cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', { kind: 'client', name: 'web' });
  clientKey = key;
});
afterAll(() => releaseCairn(cairn));

/** A new customer with consent to everything, stamped on the call as SDKs do. */
async function meet(traits: object, more: object = {}): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await cairn.identify(id, { ...traits }, consenting(more));
  return id;
}
const consenting = (more: object = {}) => ({
  context: { consent: { categoryPreferences: { push: true, sms: true, email: true } }, ...more },
});
const newPhone = () => `+86138002${String(10_000 + people * 7)}`;

interface MessageView {
  id: string;
  status: string;
  reason?: string;
  channel?: string;
}
const messages = async (profileId: string) =>
  (await cairn.ok<{ items: MessageView[] }>('viewer', 'GET', `/v1/messages?profileId=${profileId}`)).items;
/** Returns the status of a message that is sent to this customer now. */
async function sendTo(profileId: string, journey: keyof typeof JOURNEYS): Promise<string> {
  await cairn.advance('1s');
  await cairn.track(profileId, `Start ${journey}`);
  const [newest] = await messages(profileId);
  return newest?.reason ?? newest?.status ?? 'none';
}
async function report(profileId: string, kind: string): Promise<void> {
  const [newest] = await messages(profileId);
  await cairn.local('POST', 'feedback', { messageId: newest?.id, kind });
  await cairn.local('POST', 'settle');
}
async function says(from: string, text: string): Promise<void> {
  await cairn.local('POST', 'feedback', { channel: 'sms', from, text });
  await cairn.local('POST', 'settle');
}
async function patch(id: string, traits: object): Promise<void> {
  await cairn.advance('1s');
  await cairn.ok('marketer', 'PATCH', `/v1/profiles/${id}`, { traits });
  await cairn.local('POST', 'settle');
}
type Profile = {
  addresses: { email?: { status: string }; sms?: { status: string }; push?: { value: string }[] };
  consent: Record<string, { granted?: boolean; source?: string }>;
};
const profile = (id: string) => cairn.ok<Profile>('marketer', 'GET', `/v1/profiles/${id}`);
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

describe('the preference page', () => {
  const pageOf = async (id: string) => {
    await sendTo(id, 'mail');
    const [sent] = (await cairn.outbox({ profileId: id, channel: 'email' })).slice(-1);
    const url = /<(.+)>/.exec(sent?.headers?.['List-Unsubscribe'] ?? '')?.[1] ?? '';
    return { url, html: await (await fetch(url)).text() };
  };
  /** Returns the form data that a browser sends for the page's first form. */
  function formOf(html: string, change: Record<string, boolean> = {}): URLSearchParams {
    const form = new URLSearchParams();
    for (const [tag] of (html.split('</form>')[0] ?? '').matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1] ?? '';
      const value = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
      const isBox = tag.includes('checkbox');
      if (!isBox || (change[name] ?? tag.includes(' checked'))) form.append(name, value);
    }
    return form;
  }
  const save = (url: string, body: URLSearchParams) => fetch(url, { method: 'POST', body });
  const ledger = async (id: string) =>
    (await cairn.ok<{ items: object[] }>('marketer', 'GET', `/v1/profiles/${id}/consents`)).items;

  it('saved untouched changes nothing, also after a STOP that came since', async () => {
    const phone = newPhone();
    const ann = await meet({ phone, email: 'page@e.example' });
    const { url, html } = await pageOf(ann);
    const before = await ledger(ann);
    expect((await save(url, formOf(html))).status).toBe(200);
    expect(await ledger(ann)).toEqual(before);
    await says(phone, 'STOP');
    await cairn.advance('1s');
    await save(url, formOf(html));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
  });

  it('lies in no frame, and answers with a slash at its end as without', async () => {
    const ann = await meet({ email: 'page@frame.example' });
    const { url, html } = await pageOf(ann);
    for (const answer of [
      await fetch(url),
      await save(url, formOf(html)),
      await fetch(`${url}/`),
      await fetch(`${url}x`),
    ]) {
      expect(answer.status).toBe(answer.url.endsWith('x') ? 404 : 200);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
    }
    expect((await fetch(`${url}/more`)).status).toBe(404);
  });

  it('of an e-mail lifts no STOP: the link proves the mailbox, not the telephone', async () => {
    const phone = newPhone();
    const bob = await meet({ phone });
    await says(phone, 'STOP');
    const mallory = await meet({ phone, email: 'page@m.example' });
    const { url, html } = await pageOf(mallory);
    expect(html).toContain('START');
    await cairn.advance('1s');
    const all = { sms: true, 'sms:offers': true };
    expect(await (await save(url, formOf(html, all))).text()).toContain('START');
    expect(await sendTo(mallory, 'text')).toBe('no-consent');
    expect(await sendTo(bob, 'text')).toBe('no-consent');
    // It counts for the profile, once the number itself is open again.
    await cairn.advance('1s');
    await says(phone, 'START');
    expect(await sendTo(mallory, 'text')).toBe('sent');
  });

  it('of an SMS lifts the STOP of the number that the SMS went to, and of no other', async () => {
    const [own, other] = [newPhone(), '+8613899990001'];
    await meet({ phone: other });
    await says(other, 'STOP');
    const ann = await meet({ phone: own });
    await cairn.advance('1s');
    await cairn.track(ann, 'Start page');
    const [sms] = (await cairn.outbox({ profileId: ann, channel: 'sms' })).slice(-1);
    const url = /http\S+/.exec(sms?.body ?? sms?.text ?? '')?.[0] ?? '';
    const saveWithSms = async () => {
      await cairn.advance('1s');
      await save(url, formOf(await (await fetch(url)).text(), { sms: true, 'sms:offers': true }));
      return sendTo(ann, 'text');
    };
    await says(own, 'STOP');
    expect(await saveWithSms()).toBe('sent');
    await patch(ann, { phone: other });
    expect(await saveWithSms()).toBe('no-consent');
    await says(own, 'STOP');
    await patch(ann, { phone: own });
    expect(await saveWithSms()).toBe('sent');
  });

  it('changes what was changed, and means what it shows', async () => {
    const ann = await meet({ phone: newPhone(), email: 'page@f.example' });
    const first = await pageOf(ann);
    await save(first.url, formOf(first.html, { sms: false, 'sms:offers': false }));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    await cairn.advance('1s');
    const second = await pageOf(ann);
    await save(second.url, formOf(second.html, { sms: true }));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    expect((await profile(ann)).consent.sms).toMatchObject({ granted: true });
    await cairn.advance('1s');
    const third = await pageOf(ann);
    await save(third.url, formOf(third.html, { 'sms:offers': true }));
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

describe('a counted link', () => {
  it('of other characters leads on; HEAD and fetching ahead count nothing, programs count as machines', async () => {
    const ann = await meet({ email: 'link@g.example' });
    await sendTo(ann, 'mail');
    const [sent] = await cairn.outbox({ profileId: ann });
    const url = /href="([^"]+)"/.exec(sent?.html ?? '')?.[1] ?? '';
    expect(url).toContain('/c/');
    const agent = { 'user-agent': 'Mozilla/5.0 (Linux; Android 9; M BOT 60) Chrome/99' };
    const head = await fetch(url, { method: 'HEAD', redirect: 'manual' });
    const location = 'https://shop.example/%E5%95%86%E5%93%81?q=%27x%27';
    expect([head.status, head.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    expect((await messages(ann))[0]?.status).toBe('sent');
    const ahead = await fetch(url, { redirect: 'manual', headers: { ...agent, 'sec-purpose': 'prefetch;prerender' } });
    expect([ahead.status, ahead.headers.get('location')]).toEqual([503, null]);
    const checked = await fetch(url, { redirect: 'manual', headers: { 'user-agent': 'python-requests/2.31.0' } });
    expect([checked.status, checked.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    const clicks = async () =>
      (
        await cairn.ok<{ items: { event?: string; properties?: { machine?: boolean } }[] }>(
          'marketer',
          'GET',
          `/v1/profiles/${ann}/timeline`,
        )
      ).items.flatMap(({ event, properties }) => (event === 'Message Clicked' ? (properties?.machine ?? false) : []));
    expect(await clicks()).toEqual([true]);
    const followed = await fetch(url, { redirect: 'manual', headers: agent });
    expect([followed.status, followed.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    expect((await messages(ann))[0]?.status).toBe('clicked');
    expect((await clicks()).sort()).toEqual([false, true]);
  });
});

describe('a provider without room', () => {
  const throttle = (times: number) => cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times });
  afterAll(() => throttle(0));

  it('is no failure: nothing fails, nothing changes its channel', async () => {
    const crowd: string[] = [];
    for (let index = 0; index < 6; index += 1) crowd.push(await meet({ phone: newPhone(), email: 'room@h.example' }));
    await throttle(100_000);
    for (const id of crowd) await cairn.track(id, 'Start either');
    await cairn.advance('30m');
    for (const id of crowd) expect((await messages(id))[0]).toMatchObject({ status: 'sending', channel: 'sms' });
    await throttle(0);
    await cairn.advance('15m');
    for (const id of crowd) expect((await messages(id))[0]).toMatchObject({ status: 'sent', channel: 'sms' });
    const [one] = await messages(crowd[0] ?? '');
    const { history } = await cairn.ok<{ history: { status: string }[] }>('viewer', 'GET', `/v1/messages/${one?.id}`);
    expect(history.length).toBeLessThan(5);
  });

  it('is asked until `validFor`, its own for what is transactional', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/code', {
      class: 'transactional',
      content: { sms: { text: '42' } },
    });
    const ann = await meet({ phone: newPhone() });
    await throttle(100_000);
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: ann, template: 'code' });
    await cairn.track(ann, 'Start text');
    await cairn.advance('50m');
    expect((await messages(ann)).map(({ status }) => status)).toEqual(['sending', 'sending']);
    await cairn.advance('20m');
    expect((await messages(ann)).map(({ reason }) => reason).sort()).toEqual(['expired', undefined]);
    await cairn.advance('1h');
    expect((await messages(ann)).map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'expired'],
      ['suppressed', 'expired'],
    ]);
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

it('warns of a topic that nobody can choose on the preference page', async () => {
  const put = (path: string, body: object) => cairn.ok<{ warnings: object[] }>('marketer', 'PUT', path, body);
  const content = { sms: { text: 'x' } };
  expect((await put('/v1/templates/known', { class: 'marketing', topic: 'offers', content })).warnings).toEqual([]);
  expect((await put('/v1/templates/typo', { class: 'marketing', topic: 'ofers', content })).warnings).toMatchObject([
    { path: '/topic' },
  ]);
});
