import { describe, expect, it } from 'vitest';
import { retryDelay, throttledDelay } from '../../../core/sending/backoff.ts';

const MINUTE = 60_000;

describe('a channel that fails', () => {
  it('is tried for 15 minutes and more, at growing distances', () => {
    expect([0, 1, 2, 6].map((attempt) => retryDelay(attempt, 0, 0))).toEqual([10, 20, 40, 320]);
    expect(retryDelay(7, 0, 15 * MINUTE - 1)).toBe(300);
    expect(retryDelay(7, 0, 15 * MINUTE)).toBeUndefined();
  });
});

describe('a message that is throttled', () => {
  it('waits twice as long each time, up to what a queue can hold, less a random half', () => {
    const until = 1_000 * MINUTE;
    expect([1, 2, 3, 99].map((times) => throttledDelay(times, 0, 0, until))).toEqual([10, 20, 40, 900]);
    expect([1, 99].map((times) => throttledDelay(times, 1, 0, until))).toEqual([5, 450]);
  });

  it('comes just after it has expired, and never at once', () => {
    expect(throttledDelay(9, 0, 0, 4_000)).toBe(5);
    expect(throttledDelay(9, 0, 0, 4_999)).toBe(5);
    expect(throttledDelay(9, 0, 5_000, 4_000)).toBe(1);
  });
});
