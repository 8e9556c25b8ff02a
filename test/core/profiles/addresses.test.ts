import { describe, expect, it } from 'vitest';
import { emailAddress } from '../../../core/channels/email/address.ts';
import { type PushAddress, withToken } from '../../../core/channels/push/address.ts';
import { smsAddress } from '../../../core/channels/sms/address.ts';
import { folded, identify } from './builders.ts';

describe('a phone number', () => {
  it.each([
    ['138 0013 8000', 'CN', '+8613800138000'],
    ['0086 138-0013-8000', 'CN', '+8613800138000'],
    ['(415) 555-2671', 'US', '+14155552671'],
    ['07911 123456', 'GB', '+447911123456'],
    [' +44 7911 123456 ', 'CN', '+447911123456'],
    ['+8613800138000', 'nowhere', '+8613800138000'],
  ])('%s read in %s is %s', (text, country, value) => {
    expect(smsAddress(text, country)).toEqual({ value, status: 'ok' });
  });

  it.each([
    ['a landline', '010 8888 8888', 'CN'],
    ['too short', '138001', 'CN'],
    ['no number', 'ask me', 'CN'],
    ['without a country that is one', '13800138000', 'nowhere'],
    ["another country's", '13800138000', 'GB'],
  ])('that is %s is kept and marked', (_, text, country) => {
    expect(smsAddress(text, country)).toEqual({ value: text, status: 'bad' });
  });

  const smsOf = (...traits: Record<string, unknown>[]) =>
    folded(traits.map((one, at) => identify(`m${at}`, 100 + at, one))).addresses.sms;

  it("is read by the settings' country, where the profile has none", () => {
    expect(smsOf({ phone: '13800138000' })).toEqual({ value: '+8613800138000', status: 'ok' });
    expect(smsOf({ phone: '13800138000', country: 'China' })).toEqual({ value: '+8613800138000', status: 'ok' });
  });

  it.each([
    ['before it', [{ country: 'US', phone: '4155552671' }]],
    ['after it in the same call', [{ phone: '4155552671', country: 'US' }]],
    ['in an earlier call', [{ country: 'US' }, { phone: '4155552671' }]],
    ['in a later call', [{ phone: '4155552671' }, { country: 'US' }]],
    ['in small letters', [{ phone: '4155552671', country: ' us ' }]],
  ])("is read by the profile's own country, told %s", (_, calls) => {
    expect(smsOf(...calls)).toEqual({ value: '+14155552671', status: 'ok' });
  });

  it('may come as a JSON number', () => {
    expect(smsOf({ phone: 13800138000 })?.value).toBe('+8613800138000');
  });

  it.each([null, '', true])('leaves when it is %o', (phone) => {
    expect(smsOf({ phone: '13800138000' }, { phone })).toBeUndefined();
  });
});

describe('an e-mail address', () => {
  it.each(['ann@example.com', 'ann.b+news@mail.example.co.uk', 'Ann@Example.com', '张@例子.中国'])(
    '%s is taken as it is',
    (value) => {
      expect(emailAddress(value)).toEqual({ value, status: 'ok' });
    },
  );

  it.each([
    ...['ann', 'ann@localhost', 'ann@@example.com', 'ann b@example.com', 'a@b..com', `${'x'.repeat(250)}@b.com`],
    ...[
      'a..b@example.com',
      '.a@example.com',
      'a.@example.com',
      `${'x'.repeat(65)}@example.com`,
      'ann@-b.com',
      'ann@b-.com',
    ],
    ...['an\u200bn@example.com', 'ann@exam\ufeffple.com', 'ann\u0000@example.com', `ann@${'x'.repeat(64)}.com`],
  ])('%s is kept and marked', (value) => {
    expect(emailAddress(value)).toEqual({ value, status: 'bad' });
  });

  it.each([`${'x'.repeat(64)}@example.com`, "o'neil!#$%&*+/=?^_`{|}~-@ex-ample.com", 'a.b.c@1and1.com'])(
    '%s is one',
    (value) => {
      expect(emailAddress(value).status).toBe('ok');
    },
  );

  it('loses the spaces around it', () => {
    expect(emailAddress(' ann@example.com\n').value).toBe('ann@example.com');
  });

  it('keeps its status while it is sent again, and begins anew when it changes', () => {
    const before = folded([identify('m1', 100, { email: 'ann@example.com' })]);
    const suppressed = {
      ...before,
      addresses: { email: { value: 'ann@example.com', status: 'suppressed' as const } },
    };
    const again = folded([identify('m2', 200, { email: 'ann@example.com' })], suppressed);
    expect(again.addresses.email?.status).toBe('suppressed');
    const moved = folded([identify('m3', 300, { email: 'ann@example.org' })], again);
    expect(moved.addresses.email).toEqual({ value: 'ann@example.org', status: 'ok' });
  });

  it('that is older than the one held does not replace it', () => {
    const events = [
      identify('m2', 200, { email: 'new@example.com' }),
      identify('m1', 100, { email: 'old@example.com' }),
    ];
    expect(folded(events).addresses.email?.value).toBe('new@example.com');
  });

  it('that was removed does not come back by an older event', () => {
    const events = [identify('m2', 200, { email: null }), identify('m1', 100, { email: 'old@example.com' })];
    expect(folded(events).addresses.email).toBeUndefined();
  });
});

describe('the tokens of devices', () => {
  const token = (value: string, at: number, more: Partial<PushAddress> = {}): PushAddress => ({
    value,
    at,
    platform: 'ios',
    status: 'ok',
    ...more,
  });

  it('are ten at most, newest first', () => {
    const tokens = Array.from({ length: 12 }, (_, at) => token(`t${at}`, at));
    const held = tokens.reduce<PushAddress[]>((all, one) => withToken(all, one), []);
    expect(held.map(({ value }) => value)).toEqual(['t11', 't10', 't9', 't8', 't7', 't6', 't5', 't4', 't3', 't2']);
  });

  it('one seen again moves to the front and stays marked', () => {
    const held = [token('b', 2), token('a', 1, { status: 'bad' })];
    expect(withToken(held, token('a', 3))).toEqual([token('a', 3, { status: 'bad' }), token('b', 2)]);
  });

  it('an older sight of one changes nothing', () => {
    expect(withToken([token('a', 5)], token('a', 3, { platform: 'android' }))).toEqual([token('a', 5)]);
  });
});
