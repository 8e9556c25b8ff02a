import { describe, expect, it } from 'vitest';
import { deliverableEmail } from '../../../core/channels/email/address.ts';
import { addressId, normalAddress } from '../../../core/profiles/address-record.ts';

describe('addresses compare', () => {
  it.each([
    ['Ann@Example.COM', 'ann@example.com'],
    [' ann@exämple.example ', 'ann@xn--exmple-cua.example'],
    ['ann@XN--EXMPLE-CUA.example', 'ann@xn--exmple-cua.example'],
    ['a\u200bnn@ｅxample.com', 'ann@example.com'],
    ['ann@商店.cn/x', 'ann@商店.cn/x'],
    ['nobody', 'nobody'],
  ])('an e-mail %j as %j', (given, normal) => {
    expect(normalAddress('email', given)).toBe(normal);
  });

  it('a number without blanks, a token as it is', () => {
    expect(normalAddress('sms', ' +86 138 0013 8000 ')).toBe('+8613800138000');
    expect(normalAddress('push', ' AbC ')).toBe('AbC');
  });
});

it('keys of addresses are short, whatever is sent', () => {
  for (const channel of ['email', 'sms', 'push'] as const)
    expect(addressId({ channel, value: 'x'.repeat(5_000) }).length).toBeLessThan(40);
});

it('mail servers get the domain in ASCII and the name as it is', () => {
  expect(deliverableEmail('Änn@exämple.example')).toBe('Änn@xn--exmple-cua.example');
});
