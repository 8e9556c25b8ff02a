import { describe, expect, it } from 'vitest';
import { CLIENT_MERGES, EVENTS, rateLimit } from '../../../engine/ingest/rate-limit.ts';

type Limit = ReturnType<typeof rateLimit>;
const request = (limit: Limit, events: Record<string, number>, now: number, rate = EVENTS) =>
  limit.take(new Map(Object.entries(events).map(([profile, count]) => [profile, { rate, count }])), now);
const isTaken = (limit: Limit, profile: string, now: number, events = 1) =>
  request(limit, { [profile]: events }, now).exhausted.size === 0;
const admitted = (limit: Limit, profile: string, now: number, tries: number) =>
  Array.from({ length: tries }, () => isTaken(limit, profile, now)).filter(Boolean).length;

describe("a profile's rate", () => {
  it('is 500 at once and 20 a second after them', () => {
    const limit = rateLimit();
    expect(admitted(limit, 'ann', 0, 600)).toBe(500);
    expect(admitted(limit, 'ann', 1_000, 300)).toBe(20);
    expect(admitted(limit, 'ann', 1_500, 300)).toBe(10);
  });

  it('is full again after 25 seconds, and never more than full', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 600);
    expect(admitted(limit, 'ann', 3_600_000, 600)).toBe(500);
  });

  it('is not paid by another profile', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 600);
    expect(isTaken(limit, 'bob', 0)).toBe(true);
  });

  it('asking in vain costs nothing', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 0, 10_000);
    expect(isTaken(limit, 'ann', 50)).toBe(true);
    expect(isTaken(limit, 'ann', 50)).toBe(false);
  });

  it('a clock that goes back gives nothing', () => {
    const limit = rateLimit();
    admitted(limit, 'ann', 10_000, 600);
    expect(isTaken(limit, 'ann', 0)).toBe(false);
  });

  it('lets one large request through whole, and the debt is paid before the next', () => {
    const limit = rateLimit();
    expect(isTaken(limit, 'ann', 0, 600)).toBe(true);
    expect(request(limit, { ann: 1 }, 0)).toEqual({ exhausted: new Set(['ann']), retryAfterSeconds: 6 });
    expect(isTaken(limit, 'ann', 5_000)).toBe(false);
    expect(isTaken(limit, 'ann', 6_000)).toBe(true);
  });

  it('takes nothing of a request that it refuses', () => {
    const limit = rateLimit();
    request(limit, { ann: 520 }, 0);
    expect(request(limit, { bob: 150, ann: 1 }, 0)).toEqual({ exhausted: new Set(['ann']), retryAfterSeconds: 2 });
    expect(admitted(limit, 'bob', 0, 600)).toBe(500);
  });

  it('is remembered of who still pays when those who are full are forgotten', () => {
    const limit = rateLimit();
    for (let at = 0; at < 19_999; at += 1) isTaken(limit, `u${at}`, 0);
    admitted(limit, 'ann', 60_000, 600);
    isTaken(limit, 'bob', 60_000);
    expect(isTaken(limit, 'ann', 60_000)).toBe(false);
  });
});

describe("a client key's merges into one user", () => {
  it('are 50 at once, and one each two seconds after them', () => {
    const limit = rateLimit();
    const take = (now: number, merges = 1) => request(limit, { 'merges web ann': merges }, now, CLIENT_MERGES);
    expect(take(0, 50)).toEqual({ exhausted: new Set(), retryAfterSeconds: 0 });
    expect(take(0)).toEqual({ exhausted: new Set(['merges web ann']), retryAfterSeconds: 2 });
    expect(take(2_000).exhausted.size).toBe(0);
    expect(take(3_000).retryAfterSeconds).toBe(1);
  });

  it('are refused together with events that have room, and take nothing of them', () => {
    const limit = rateLimit();
    const ask = (events: number, merges: number) =>
      limit.take(
        new Map([
          ['ann', { rate: EVENTS, count: events }],
          ['merges web ann', { rate: CLIENT_MERGES, count: merges }],
        ]),
        0,
      ).exhausted;
    ask(1, 50);
    expect([...ask(499, 1)]).toEqual(['merges web ann']);
    expect(admitted(limit, 'ann', 0, 600)).toBe(499);
  });
});
