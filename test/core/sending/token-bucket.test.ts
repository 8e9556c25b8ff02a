import { describe, expect, it } from 'vitest';
import { limitMs, tokenBucketOf, tokensFor } from '../../../core/sending/token-bucket.ts';

const NOW = 1_000_000;
const bucket = tokenBucketOf(10);

describe('a bucket for 10 messages a second', () => {
  it('has room for those of one second and two more, which `bulk` leaves to `now`', () => {
    expect(bucket).toEqual({ room: 12, keptForNow: 2, tokenMs: 100, lot: 5, places: 20 });
    expect([limitMs('now', bucket), limitMs('bulk', bucket)]).toEqual([1_200, 1_000]);
  });

  it('has no more tokens for having been full for long', () => {
    for (const given of [0, NOW - 1, NOW])
      expect([tokensFor('now', bucket, given, NOW), tokensFor('bulk', bucket, given, NOW)]).toEqual([12, 10]);
  });

  it('has whole tokens alone', () => {
    expect([NOW + 1, NOW + 100, NOW + 101].map((given) => tokensFor('now', bucket, given, NOW))).toEqual([11, 11, 10]);
  });
});
