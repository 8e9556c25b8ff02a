import { describe, expect, it } from 'vitest';
import { watchProgress } from '../../local/progress.ts';

/** Seconds after which work of that course is said to hang, looked at twice a second; undefined: within an hour it is not. */
function hangsAfter(course: (second: number) => { done: number; left: number }): number | undefined {
  let second = 0;
  const work = { done: () => course(second).done, left: () => course(second).left };
  const hasHung = watchProgress(work, () => second * 1000);
  for (; second < 3600; second += 0.5) if (course(second).left > 0 && hasHung()) return second;
  return undefined;
}

describe('work at one instant', () => {
  it('hangs after a minute in which nothing comes to its end', () => {
    expect(hangsAfter(() => ({ done: 0, left: 3 }))).toBe(60.5);
    expect(hangsAfter((second) => ({ done: Math.min(second, 100), left: 3 }))).toBe(160.5);
  });

  it('may take longer than that while less and less is left', () => {
    expect(hangsAfter((second) => ({ done: second * 10, left: 5_000 - Math.floor(second * 10) }))).toBeUndefined();
  });

  it('may grow before it shrinks', () => {
    const left = (second: number) => Math.floor(second < 400 ? second * 10 : 8_000 - second * 10);
    expect(hangsAfter((second) => ({ done: second * 10, left: left(second) }))).toBeUndefined();
  });

  it('hangs after three minutes in which things end and as many begin', () => {
    expect(hangsAfter((second) => ({ done: second * 50, left: 10 + (Math.floor(second) % 3) }))).toBeGreaterThan(180);
    expect(hangsAfter((second) => ({ done: second * 50, left: 10 + (Math.floor(second) % 3) }))).toBeLessThan(190);
  });
});
