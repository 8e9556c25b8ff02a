import { describe, expect, it } from 'vitest';
import { lines, s1 } from './simulate-harness.ts';
import { AT, ann, example, later, simulated } from './simulation-harness.ts';

const S2 = example('journeys', 'cart-abandoned');

const s2 = (body: object = {}, options: object = {}) => simulated('cart-abandoned', S2, body, options);

const order = (when: string, cart = 'c1') => ({
  after: when,
  event: 'Order Completed',
  properties: { cart_id: cart, total: 300 },
});

const CART = { trigger: { properties: { cart_id: 'c1' } } };

describe('S1 dry', () => {
  it('shows what happens, when and by which channel', async () => {
    const answer = await s1({ until: '30d' });
    expect(lines(answer)).toEqual([
      '0h event Signed Up',
      '0h entered Signed Up',
      `0h coupon gift welcome-50 welcome-50-1 ${later('30d')}`,
      '0h send welcome welcome-coupon sent push',
      `0h wait rest ${later('48h')}`,
      '48h send tutorial tutorial sent push',
      `48h wait look ${later('72h')}`,
      '72h branch used default call',
      expect.stringMatching(/^72h task call \w{26} customer-service 新客户 Lin 的新人券还没有用$/),
      '72h end done welcomed',
    ]);
    expect(answer.outcome).toBe('welcomed');
    expect(answer.cost).toEqual({ transitions: 4, messages: { push: 2 }, smsSegments: 0 });
    expect(answer.messages[0]).toMatchObject({ title: '欢迎Lin', body: '50 元新人券已到账：welcome-50-1' });
  });

  it('asks nobody to call one who used the made-up code', async () => {
    const used = { after: '1h', event: 'Coupon Redeemed', properties: { code: 'welcome-50-1' } };
    const answer = await s1({ events: [used] });
    expect(lines(answer).slice(-2)).toEqual(['72h branch used 0 done', '72h end done welcomed']);
  });

  it('goes on by SMS without a device, and says why nothing is sent without consent', async () => {
    const byText = await s1({ profile: ann({ consent: { sms: true } }) });
    expect(byText.messages.map(({ channel, status, segments }) => [channel, status, segments])).toEqual([
      ['sms', 'sent', 1],
      // A counted link is long, and Chinese takes two bytes a character.
      ['sms', 'sent', 2],
    ]);
    expect(byText.cost).toMatchObject({ messages: { sms: 2 }, smsSegments: 3 });
    const none = await s1({ profile: ann({ consent: {} }) });
    expect(none.messages.map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'no-consent'],
      ['suppressed', 'no-consent'],
    ]);
    expect(none.cost.messages).toEqual({});
  });

  it('reports an empty pool, and takes its way', async () => {
    expect(lines(await s1({}, { codes: 0 })).slice(2, 4)).toEqual([
      '0h coupon gift welcome-50 true',
      `0h wait rest ${later('48h')}`,
    ]);
  });

  it('does not let in who sleeps, by the tag of a synthetic customer or by their events', async () => {
    const asleep = await s1({ profile: ann({ tags: ['sleeping'] }) }, { tags: ['sleeping'] });
    expect(lines(asleep)).toEqual(['0h event Signed Up', '0h refused audience']);
    expect(asleep.outcome).toBeUndefined();
    const history = [
      { after: '0s', event: 'Logged In' },
      { after: '40d', event: 'Signed Up' },
    ];
    expect(lines(await s1({ events: history, until: '60d' }, { tags: ['sleeping'] }))).toEqual([
      '0h event Logged In',
      '720h tag sleeping true',
      '960h event Signed Up',
      '960h refused audience',
    ]);
  });

  it('lets nobody in twice, nor while it is paused', async () => {
    const again = await s1({ events: ['0s', '1h', '10d'].map((when) => ({ after: when, event: 'Signed Up' })) });
    expect(lines(again).filter((line) => line.includes('refused'))).toEqual([
      '1h refused open',
      '240h refused reentry',
    ]);
    const paused = await s1({}, { pointer: { journeys: { 'new-customer': { since: AT } } } });
    expect(lines(paused)).toEqual(['0h event Signed Up', '0h refused paused']);
  });

  it('holds what a paused channel would send, for as long as it is valid', async () => {
    const answer = await s1({ until: '6d' }, { pointer: { channels: { push: { since: AT } } } });
    expect(answer.messages.map(({ status, reason, channel }) => [status, reason, channel])).toEqual([
      ['suppressed', 'expired', 'push'],
      ['held', 'paused', 'push'],
    ]);
  });

  it('counts what was sent before against the cap of the day', async () => {
    const sends = [
      { ago: '20m', channel: 'sms' },
      { ago: '30m', channel: 'sms' },
    ];
    const answer = await s1({ profile: ann({ sends }) });
    expect(answer.messages.map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'daily-cap'],
      ['sent', undefined],
    ]);
  });

  it('says that a template cannot be rendered', async () => {
    const wrong = { class: 'marketing', content: { push: { title: '{{ profile.nickname }}', body: 'x' } } };
    const answer = await s1({}, { templates: { 'welcome-coupon': wrong } });
    expect(answer.messages[0]).toMatchObject({ status: 'failed', reason: 'render-failed' });
  });
});

describe('S2 dry', () => {
  it('makes up a key where none is given, and asks for it where properties are', async () => {
    expect((await s2()).runs).toMatchObject([{ key: 'simulated', status: 'closed', outcome: 'reminded' }]);
    expect(lines(await s2({ trigger: { properties: { product: 'kettle' } } }))).toEqual([
      '0h event Product Added',
      '0h refused key',
    ]);
  });

  it('sends both reminders where nothing happens', async () => {
    expect(lines(await s2(CART)).slice(-5)).toEqual([
      '24h send remind cart-reminder sent push',
      `24h wait-for react ${later('72h')}`,
      '72h timeout react',
      '72h send last-call cart-last-call sent push',
      '72h end done reminded',
    ]);
  });

  it.each([
    ['23h', []],
    ['25h', ['remind']],
    ['71h', ['remind']],
    ['80h', ['remind', 'last-call']],
  ])('ends by the order at %s', async (when, nodes) => {
    const answer = await s2({ ...CART, events: [order(when)] });
    expect(answer.messages.map(({ node }) => node)).toEqual(nodes);
    expect(answer.outcome).toBe(when === '80h' ? 'reminded' : 'ordered');
    if (when !== '80h') expect(lines(answer).at(-1)).toMatch(/exit \S+ ordered Order Completed$/);
  });

  it('is not ended by the order of another cart', async () => {
    expect((await s2({ ...CART, events: [order('23h', 'c2')] })).outcome).toBe('reminded');
  });

  it('goes the way of the click, and of no click on what was not sent', async () => {
    const clicked = { after: '26h', message: 'remind', was: 'clicked' };
    expect(lines(await s2({ ...CART, events: [clicked] })).slice(-3)).toEqual([
      '26h receipt remind clicked',
      '26h resolved react 0 Message Clicked',
      '26h end done reminded',
    ]);
    const early = await s2({ ...CART, events: [{ ...clicked, after: '2h' }] });
    expect(lines(early)).toContain('2h receipt remind clicked not asked for');
    const silent = await s2({ ...CART, profile: ann({ consent: {} }), events: [clicked] });
    expect(lines(silent)).toContain('26h receipt remind clicked suppressed');
  });

  it('walks two carts apart and lets one in again after a week', async () => {
    const add = (when: string, cart: string) => ({
      after: when,
      event: 'Product Added',
      properties: { cart_id: cart },
    });
    const events = [add('0s', 'c1'), add('1h', 'c2'), add('6d', 'c1'), add('8d', 'c1'), order('2h', 'c1')];
    const answer = await s2({ events });
    expect(answer.runs.map(({ run, key, outcome }) => [run, key, outcome])).toEqual([
      [1, 'c1', 'ordered'],
      [2, 'c2', 'reminded'],
      [3, 'c1', 'reminded'],
    ]);
    expect(lines(answer)).toContain('144h refused reentry');
  });

  it('hears who unsubscribes', async () => {
    const answer = await s2({ ...CART, events: [{ after: '30h', message: 'remind', was: 'unsubscribed' }] });
    expect(answer.messages.map(({ channel, status }) => [channel, status])).toEqual([
      ['push', 'sent'],
      ['sms', 'sent'],
    ]);
  });
});
