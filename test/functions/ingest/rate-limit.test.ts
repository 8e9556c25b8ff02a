import { describe, expect, it } from 'vitest';
import { rateLimit } from '../../../functions/ingest/rate-limit.ts';

const admitted = (limit: ReturnType<typeof rateLimit>, profile: string, now: number, tries: number) =>
  Array.from({ length: tries }, () => limit.admits(profile, now)).filter(Boolean).length;

describe("a profile's rate", () => {
  it('is 200 at once and 20 a second after them', () => {
    const limit = rateLimit();
    expect(admitted(limit, 'ann', 0, 300)).toBe(200);
    expect(admitted(limit, 'ann', 1_000, 300)).toBe(20);
    expect(admitted(limit, 'ann', 1_500, 300)).toBe(10);
  });

  it('is full again after ten seconds, and never more than full', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 300);
    expect(admitted(limit, 'ann', 3_600_000, 300)).toBe(200);
  });

  it('is not paid by another profile', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 300);
    expect(limit.admits('bob', 0)).toBe(true);
  });

  it('asking in vain costs nothing', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 10_000);
    expect(limit.admits('ann', 50)).toBe(true);
    expect(limit.admits('ann', 50)).toBe(false);
  });

  it('a clock that goes back gives nothing', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 10_000, 300);
    expect(limit.admits('ann', 0)).toBe(false);
  });

  it('is remembered of who still pays when those who are full are forgotten', () => {
    const limit = rateLimit();
    for (let at = 0; at < 19_999; at += 1) limit.admits(`u${at}`, 0);
    admitted(limit, 'ann', 60_000, 300);
    limit.admits('bob', 60_000);
    expect(limit.admits('ann', 60_000)).toBe(false);
  });
});
