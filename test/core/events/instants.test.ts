import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE_MS, eventInstant } from '../../../core/events/instants.ts';
import { eventOf, NOW } from './builders.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const HOUR = 3_600_000;
const timesOf = (more: Record<string, unknown>) => {
  const { at, sentAt } = eventOf('track', { event: 'Seen', ...more });
  return { at, sentAt };
};

describe('when an event happened', () => {
  it.each([undefined, null])('is its arrival where the timestamp is %o', (timestamp) => {
    expect(timesOf({ timestamp }).at).toBe(NOW);
  });

  it('is its timestamp, at any age', () => {
    expect(timesOf({ timestamp: '2019-05-06T07:08:09.010Z' }).at).toBe(Date.parse('2019-05-06T07:08:09.010Z'));
  });

  it.each([
    ['slow by a day', -24 * HOUR],
    ['fast by a day', 24 * HOUR],
    ['right', 0],
  ])('is corrected where the client’s clock is %s', (_, skew) => {
    const sent = NOW + skew;
    expect(timesOf({ timestamp: iso(sent - 5_000), sentAt: iso(sent) }).at).toBe(NOW - 5_000);
  });

  it.each([1, 800, CLOCK_TOLERANCE_MS])('is its timestamp where the request was %i ms on its way', (delayMs) => {
    const sent = NOW - delayMs;
    expect(timesOf({ timestamp: iso(sent - 5_000), sentAt: iso(sent) }).at).toBe(sent - 5_000);
    // Or the client's clock is as fast.
    expect(timesOf({ timestamp: iso(NOW - 10), sentAt: iso(NOW + delayMs) }).at).toBe(NOW - 10);
  });

  it('is corrected beyond what a request takes', () => {
    const sent = NOW - CLOCK_TOLERANCE_MS - 1;
    expect(timesOf({ timestamp: iso(sent - 5_000), sentAt: iso(sent) }).at).toBe(NOW - 5_000);
  });

  it('keeps the order of a client whose clock is right, however long each of its requests took', () => {
    const slow = timesOf({ timestamp: iso(NOW - 3_000), sentAt: iso(NOW - 2_000) }).at;
    const quick = timesOf({ timestamp: iso(NOW - 2_500), sentAt: iso(NOW - 20) }).at;
    expect(slow).toBeLessThan(quick);
  });

  it('is now where the timestamp lies later', () => {
    expect(timesOf({ timestamp: iso(NOW + HOUR) }).at).toBe(NOW);
    expect(timesOf({ timestamp: iso(NOW + HOUR), sentAt: iso(NOW) }).at).toBe(NOW);
  });

  it('is read with an offset, without one in UTC, of a day alone at its midnight, and as epoch ms', () => {
    const at = (timestamp: unknown) => timesOf({ timestamp }).at;
    expect(at('2026-11-01T10:00:00.5+08:00')).toBe(Date.parse('2026-11-01T02:00:00.500Z'));
    expect(at('2026-11-01T10:00:00')).toBe(Date.parse('2026-11-01T10:00:00Z'));
    expect(at('2026-11-01')).toBe(Date.parse('2026-11-01T00:00:00Z'));
    expect(at(NOW - 7)).toBe(NOW - 7);
    expect(at(String(NOW - 7))).toBe(NOW - 7);
    expect(at(Date.parse('1999-12-31T00:00:00Z'))).toBe(Date.parse('1999-12-31T00:00:00Z'));
  });

  it('is read in seconds where it has ten digits, as a number or as text', () => {
    const at = (timestamp: unknown, sentAt?: unknown) => timesOf({ timestamp, ...(sentAt ? { sentAt } : {}) }).at;
    const seconds = NOW / 1_000 - 60;
    expect(at(seconds)).toBe(NOW - 60_000);
    expect(at(String(seconds))).toBe(NOW - 60_000);
    expect(at(seconds + 0.25)).toBe(NOW - 59_750);
    expect(at(`${seconds}.25`)).toBe(NOW - 59_750);
    expect(at(seconds - 3600, seconds - 3000)).toBe(NOW - 600_000);
  });

  it('never lies before 1970 nor after the arrival', () => {
    const ms = fc.integer({ min: -1e13, max: 1e13 });
    fc.assert(
      fc.property(fc.option(ms, { nil: undefined }), fc.option(ms, { nil: undefined }), (timestamp, sentAt) => {
        const at = eventInstant(timestamp, sentAt, NOW);
        expect(at >= 0 && at <= NOW).toBe(true);
      }),
      { seed: 7 },
    );
  });
});

describe('by the client’s own clock', () => {
  const hourAgo = iso(NOW - HOUR);

  it('a request repeated as it was looks old, though it is corrected to now', () => {
    expect(timesOf({ timestamp: hourAgo, sentAt: hourAgo })).toEqual({ at: NOW, sentAt: NOW - HOUR });
  });

  it('so does one that has no timestamp', () => {
    expect(timesOf({ sentAt: hourAgo })).toEqual({ at: NOW, sentAt: NOW - HOUR });
  });

  it('one without any time may be of any age, unless its id is new', () => {
    expect(timesOf({})).toEqual({ at: NOW, sentAt: 0 });
    expect(timesOf({ messageId: undefined })).toEqual({ at: NOW, sentAt: undefined });
  });

  it('a timestamp alone gives its age', () => {
    expect(timesOf({ timestamp: hourAgo })).toEqual({ at: NOW - HOUR, sentAt: undefined });
  });

  it('the earlier of timestamp and sentAt counts', () => {
    expect(timesOf({ timestamp: iso(NOW - 2 * HOUR), sentAt: hourAgo }).sentAt).toBe(NOW - 2 * HOUR);
  });
});
