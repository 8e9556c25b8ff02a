import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { Channel } from '../../../core/channels/registry.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import { type AddressRecords, addressId } from '../../../core/profiles/address-record.ts';
import type { Consents, Profile } from '../../../core/profiles/profile.ts';
import { gate } from '../../../core/sending/gate.ts';

const ADDRESSES = {
  email: { value: 'ann@example.com', status: 'ok' },
  sms: { value: '+8613800138000', status: 'ok' },
  push: [{ value: 'token', status: 'ok' }],
} as const;
type Addressed = keyof typeof ADDRESSES;

interface Case {
  without?: Addressed;
  marked?: [Addressed, 'bad' | 'suppressed'];
  refused?: Channel;
  fatigued?: Channel;
  paused?: Channel;
  broken?: Channel;
  passed?: SendRequest['passed'];
  expired?: true;
  class?: 'transactional';
}

const NOW = Date.parse('2026-11-02T15:00+08:00');

/** What the gate says of a message by `channels` of an afternoon. */
function asked(channels: Channel[], given: Case): string {
  const granted = (channel: Channel) => ({ granted: channel !== given.refused, at: 0, source: 'api' }) as const;
  const consents: Consents = { email: granted('email'), sms: granted('sms'), push: granted('push') };
  const { [given.without ?? '']: _, ...addresses } = ADDRESSES as Record<string, unknown>;
  const profile: Profile = {
    identity: { kind: 'user', id: 'ann' },
    pv: 1,
    traits: {},
    addresses: addresses as Profile['addresses'], // some of those above
  };
  const records: AddressRecords = new Map(
    (given.marked === undefined ? [] : [given.marked]).map(([channel, status]) => {
      const known = ADDRESSES[channel];
      const { value } = Array.isArray(known) ? known[0] : known;
      return [addressId({ channel, value }), { channel, value, status, at: 0 }];
    }),
  );
  const verdict = gate({
    request: {
      source: { kind: 'api', id: 'test' },
      channels,
      passed: given.passed,
      ...(given.expired === undefined ? {} : { validUntil: 0 }),
    },
    template: { class: given.class ?? 'marketing', content: { email: {}, sms: {}, push: {} } },
    run: undefined,
    isHeldOut: false,
    definition: undefined,
    snapshot: { ...emptySnapshot(), settings: SettingsSchema.parse({}) },
    pointer: {
      version: 1,
      channels: given.paused === undefined ? {} : { [given.paused]: { since: 0, all: true } },
      journeys: {},
      breakers: given.broken === undefined ? {} : { one: { channel: given.broken, since: NOW, until: NOW + 30_000 } },
    },
    profile,
    consents,
    records,
    fatigued: new Set(given.fatigued === undefined ? [] : [given.fatigued]),
    now: NOW,
  });
  if ('send' in verdict) return verdict.send.channel;
  if ('hold' in verdict) return `held by ${verdict.hold}`;
  if ('defer' in verdict) return `deferred: ${verdict.defer.why}`;
  return `${verdict.channel ?? 'none'}: ${verdict.refuse}`;
}

/** What is in the way of a channel, what the message then does, and what becomes of it if there is no other. */
const CASES: [Addressed, string, Case, next: boolean, alone: string][] = (['email', 'sms', 'push'] as const).flatMap(
  (channel): [Addressed, string, Case, boolean, string][] => [
    [channel, 'no address', { without: channel }, true, `${channel}: no-address`],
    [channel, 'a bad address', { marked: [channel, 'bad'] }, true, `${channel}: bad-address`],
    [channel, 'a suppressed address', { marked: [channel, 'suppressed'] }, true, `${channel}: suppressed-address`],
    [channel, 'no consent', { refused: channel }, true, `${channel}: no-consent`],
    [channel, 'fatigue', { fatigued: channel }, true, `${channel}: fatigued`],
    [channel, 'an open breaker', { broken: channel }, true, 'deferred: breaker-open'],
    ...(['provider-permanent', 'provider-unavailable'] as const).map(
      (reason): [Addressed, string, Case, boolean, string] => [
        channel,
        reason,
        { passed: [{ channel, reason }] },
        true,
        `${channel}: ${reason}`,
      ],
    ),
    [channel, 'a pause', { paused: channel }, false, `held by ${channel}`],
    [channel, 'its age', { expired: true }, false, 'none: expired'],
  ],
);

describe('the next channel of a list', () => {
  it.each(CASES)('%s, in whose way is %s', (channel, _what, given, next, alone) => {
    expect(asked([channel], given)).toBe(alone);
    const other = channel === 'email' ? 'sms' : 'email';
    expect(asked([channel, other], given)).toBe(next ? other : alone);
    // It is not even asked where an earlier one will do.
    if (next) expect(asked([other, channel], given)).toBe(other);
  });

  it('is the last one that was tried in the reason', () => {
    expect(asked(['email', 'sms'], { fatigued: 'email', refused: 'sms' })).toBe('sms: no-consent');
    expect(asked(['sms', 'email'], { fatigued: 'email', refused: 'sms' })).toBe('email: fatigued');
    expect(asked(['email'], { fatigued: 'email', refused: 'email' })).toBe('email: no-consent');
    expect(asked(['email'], { fatigued: 'email', without: 'email' })).toBe('email: no-address');
  });

  it('waits for a provider that fails rather than for one that cannot be used', () => {
    expect(asked(['email', 'sms'], { broken: 'email', refused: 'sms' })).toBe('deferred: breaker-open');
    expect(asked(['sms', 'email'], { broken: 'email', refused: 'sms' })).toBe('deferred: breaker-open');
    expect(asked(['email'], { broken: 'email', refused: 'email' })).toBe('email: no-consent');
    expect(asked(['email', 'sms'], { class: 'transactional', broken: 'email' })).toBe('sms');
  });

  it('is not asked for consent or fatigue if the message is transactional', () => {
    expect(asked(['email'], { class: 'transactional', fatigued: 'email' })).toBe('email');
    expect(asked(['email'], { class: 'transactional', refused: 'email' })).toBe('email');
  });
});
