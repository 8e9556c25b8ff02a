import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface ProfileView {
  id: string;
  traits: Json;
  addresses: { email?: Json };
  consent: Record<string, Json>;
  runs: Json[];
  warnings: { code: string; about: string; at: string }[];
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('marketer', 'PUT', '/v1/journeys/carts', {
    name: 'Carts',
    owner: 'growth',
    entry: { event: 'Product Added', key: 'cart' },
    exit: [{ event: 'Order Completed', same: 'cart', outcome: 'ordered' }],
    start: 'rest',
    nodes: { rest: { type: 'wait', for: '1d', next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('carts');
});
afterAll(() => releaseCairn(cairn));

const profile = (id: string) => cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${id}`);
const about = async (id: string) => (await profile(id)).warnings.map((one) => `${one.code}: ${one.about}`);
const deadLetters = () => cairn.local('GET', 'dead-letters?queue=events');
const timeline = async (id: string) =>
  (await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/profiles/${id}/timeline?limit=200`)).items.map(
    ({ event }) => event,
  );
/** Text that cannot be compressed. */
const noise = (bytes: number) => randomBytes(bytes).toString('base64').slice(0, bytes);

describe('a profile that is filled', { timeout: 60_000 }, () => {
  it('with traits keeps its addresses, says what it does not keep, and hears of an order and a withdrawn consent', async () => {
    const batch = Array.from({ length: 18 }, (_, n) => ({
      type: 'identify',
      userId: 'full',
      traits: { [`t${n}`]: noise(22_900) },
    }));
    await cairn.post('batch', { batch });
    await cairn.identify('full', { email: 'full@example.com' });
    await cairn.track('full', 'Order Completed', {}, { context: { consent: { categoryPreferences: { sms: false } } } });
    const full = await profile('full');
    expect(Object.keys(full.traits).filter((name) => name.startsWith('t'))).toHaveLength(8);
    expect(full.addresses.email).toEqual({ value: 'full@example.com', status: 'ok' });
    expect(full.consent.sms).toMatchObject({ granted: false });
    expect(full.warnings).toHaveLength(10);
    expect(full.warnings).toContainEqual({ code: 'trait-not-kept', about: 't17', at: expect.any(String) });
    await cairn.local('POST', 'settle');
    const report = await cairn.ok<{ totals: Record<string, number> }>('viewer', 'GET', '/v1/reports/ingestion');
    expect(report.totals['trait-not-kept']).toBeGreaterThan(0);
    expect(await timeline('full')).toContain('Order Completed');
    expect(await deadLetters()).toEqual({ items: [] });
  });

  it('with groups says which it does not keep', async () => {
    const batch = Array.from({ length: 102 }, (_, n) => ({ type: 'group', userId: 'member', groupId: `g${n}` }));
    await cairn.post('batch', { batch });
    expect((await about('member')).toSorted()).toEqual(['group-not-kept: g100', 'group-not-kept: g101']);
    await cairn.local('POST', 'settle');
    const report = await cairn.ok<{ totals: Record<string, number> }>('viewer', 'GET', '/v1/reports/ingestion');
    expect(report.totals['group-not-kept']).toBe(2);
  });

  it('with groups and topics of consent goes on as well', async () => {
    const groups = Array.from({ length: 102 }, (_, n) => ({ type: 'group', userId: 'joiner', groupId: `g${n}` }));
    const consents = Array.from({ length: 3 }, (_, part) => ({
      type: 'track',
      userId: 'joiner',
      event: 'Segment Consent Preference Updated',
      context: {
        consent: {
          categoryPreferences: Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`sms:${part}-${n}`, false])),
        },
      },
    }));
    await cairn.post('batch', { batch: [...groups, ...consents] });
    await cairn.track('joiner', 'Seen', {}, { context: { consent: { categoryPreferences: { push: false } } } });
    expect((await profile('joiner')).consent.push).toMatchObject({ granted: false });
    const warnings = await about('joiner');
    expect(warnings.some((one) => one.startsWith('consent-not-kept: sms:'))).toBe(true);
    expect(await timeline('joiner')).toContain('Seen');
    expect(await deadLetters()).toEqual({ items: [] });
    const refused = await cairn.as('marketer', 'POST', '/v1/profiles/joiner/consents', {
      key: 'email:more',
      granted: true,
    });
    expect([refused.status, (refused.body.errors as Json[])[0]?.path]).toEqual([422, '/key']);
  });
});

describe('keys that no table takes', () => {
  beforeAll(async () => {
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/spring', {
      name: 'Spring',
      redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }],
    });
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/spring/codes', { codes: [' 1234567890123456789 ', 'B'] });
  });

  it('a run key of 2,000 characters: the event counts, nobody enters, the profile says so', async () => {
    await cairn.track('long', 'Product Added', { cart: 'x'.repeat(2_000) });
    expect((await profile('long')).runs).toEqual([]);
    expect(await about('long')).toEqual(['key-too-long: carts']);
    await cairn.track('long', 'Product Added', { cart: 'x'.repeat(255) });
    expect((await profile('long')).runs).toHaveLength(1);
    expect(await timeline('long')).toEqual(['Product Added', 'Product Added']);
  });

  it('a coupon code of 1,020 characters freezes nobody', async () => {
    await cairn.track('redeemer', 'Coupon Redeemed', { code: 'x'.repeat(1_020) });
    await cairn.track('redeemer', 'Order Completed');
    expect(await about('redeemer')).toEqual(['code-too-long: spring']);
    expect(await timeline('redeemer')).toEqual(['Order Completed', 'Coupon Redeemed']);
    expect(await deadLetters()).toEqual({ items: [] });
  });

  it('numbers are compared by their exact digits, texts without the blanks around them', async () => {
    const send = (event: string, properties: string) =>
      fetch(`${cairn.url}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('dev:')}` },
        body: `{"userId": 9007199254740993, "event": "${event}", "properties": ${properties}}`,
      });
    await send('Product Added', '{"cart": 1234567890123456788}');
    await send('Product Added', '{"cart": 1234567890123456789}');
    await send('Order Completed', '{"cart": " 1234567890123456788 "}');
    await send('Coupon Redeemed', '{"code": 1234567890123456789}');
    await cairn.local('POST', 'settle');
    const { runs } = await profile('9007199254740993');
    expect(Object.fromEntries(runs.map(({ key, status }) => [key, status]))).toEqual({
      '1234567890123456788': 'closed',
      '1234567890123456789': 'open',
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/coupon-pools/spring/codes')).toMatchObject({ redeemed: 1 });
  });
});

describe('a run that is filled', { timeout: 60_000 }, () => {
  it('by what its waits store goes on without it, and its customer is heard', async () => {
    const waits = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
    const nodes = Object.fromEntries(
      waits.map((node, n) => [
        node,
        {
          type: 'wait-for',
          timeout: '7d',
          onTimeout: 'late',
          for: [{ event: 'Answered', as: `${node}-answer`, next: waits[n + 1] ?? 'done' }],
        },
      ]),
    );
    await cairn.ok('marketer', 'PUT', '/v1/journeys/survey', {
      name: 'Survey',
      owner: 'growth',
      entry: { api: true },
      start: 'one',
      nodes: { ...nodes, late: { type: 'end', outcome: 'late' }, done: { type: 'end', outcome: 'answered' } },
    });
    await cairn.publish('survey');
    await cairn.identify('talker', {});
    await cairn.ok('marketer', 'POST', '/v1/journeys/survey/trigger', {
      profileId: 'talker',
      data: { note: noise(230_000) },
    });
    for (const node of waits) await cairn.track('talker', 'Answered', { node, text: noise(31_000) });
    expect((await profile('talker')).runs).toMatchObject([{ status: 'closed', outcome: 'answered' }]);
    await cairn.track('talker', 'Product Added', { cart: 'after' });
    expect((await profile('talker')).runs).toHaveLength(2);
    expect(await deadLetters()).toEqual({ items: [] });
  });
});

describe('a PATCH of traits', () => {
  it.each<[string, Json, string]>([
    ['an e-mail address of 300 bytes', { email: `${'x'.repeat(300)}@example.com` }, '/traits/email'],
    ['a phone of 2,500 characters', { phone: '1'.repeat(2_500) }, '/traits/phone'],
    ['a value of 33 KB', { 'a/b': 'x'.repeat(33_000) }, '/traits/a~1b'],
    ['a name of 256 characters', { ['x'.repeat(256)]: 1 }, `/traits/${'x'.repeat(256)}`],
  ])('is refused with %s', async (_, traits, path) => {
    await cairn.identify('patched', { plan: 'free' });
    const answer = await cairn.as('marketer', 'PATCH', '/v1/profiles/patched', { traits });
    expect([answer.status, (answer.body.errors as Json[])[0]?.path]).toEqual([422, path]);
  });
});

describe('a body that is no UTF-8', () => {
  it('is 400', async () => {
    const answer = await fetch(`${cairn.url}/v1/track`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' },
      body: Buffer.concat([Buffer.from('{"userId": "'), Buffer.from([0xff]), Buffer.from('", "event": "Seen"}')]),
    });
    expect(answer.status).toBe(400);
  });
});
