import { describe, expect, it } from 'vitest';
import { type Breaker, breakerState, brokenChannels, isFailing } from '../../../core/policies/breaker.ts';

const NOW = 1_000_000_000;
const MINUTE = 60_000;
const open = (more: Partial<Breaker> = {}) => ({
  p: { channel: 'sms' as const, since: NOW - 30_000, until: NOW + 1, ...more },
});

it('a provider fails that fails at half of 20 requests and more', () => {
  const said = [
    [19, 19],
    [20, 9],
    [20, 10],
    [21, 10],
    [21, 11],
  ].map(([requests = 0, failures = 0]) => isFailing({ requests, failures }));
  expect(said).toEqual([false, false, true, false, true]);
});

describe('a channel whose provider is left alone', () => {
  const until = (breaker: Partial<Breaker>) => brokenChannels(open(breaker), NOW).get('sms');

  it('is not once its time is over', () => {
    expect([until({ until: NOW }), brokenChannels(undefined, NOW).size]).toEqual([undefined, 0]);
    expect(until({ since: NOW, until: NOW + 1 })).toBe(NOW + 1);
  });

  it('lets messages come again after a quarter of the time that it has been so, and after 15 minutes at most', () => {
    expect(until({ since: NOW - 40_000 })).toBe(NOW + 10_000);
    expect(until({ since: NOW - 40_000, until: NOW + 30_000 })).toBe(NOW + 30_000);
    expect(until({ since: NOW - 24 * 60 * MINUTE })).toBe(NOW + 15 * MINUTE);
  });

  it('is shown as open, then as half open, be it probed or not', () => {
    const state = (breaker: Partial<Breaker>) => breakerState('sms', open(breaker), NOW);
    expect([state({}), state({ until: NOW }), state({ probing: true })]).toEqual(['open', 'half-open', 'half-open']);
    expect([breakerState('email', open(), NOW), breakerState('sms', undefined, NOW)]).toEqual(['closed', 'closed']);
  });
});
