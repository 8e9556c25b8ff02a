import { describe, expect, it } from 'vitest';
import { bestHours, wilsonLow } from '../../../core/results/best-hours.ts';
import { cacOf, roiOf } from '../../../core/results/returns.ts';

const cell = (weekday: number, hour: number, sent: number, opened: number, clicked = 0) => ({
  weekday,
  hour,
  sent,
  opened,
  clicked,
});

describe('the best hours', () => {
  it('are those of which it is surest that many click', () => {
    const cells = [cell(0, 9, 1, 1, 1), cell(0, 10, 1000, 500, 300), cell(2, 20, 40, 30, 16), cell(3, 3, 500, 100, 10)];
    expect(bestHours(cells).map(({ weekday, hour }) => [weekday, hour])).toEqual([
      [0, 10],
      [2, 20],
      [3, 3],
    ]);
  });

  it('go by opens where nobody clicks, and by the week where they are equal', () => {
    const cells = [
      cell(4, 9, 100, 50),
      cell(1, 9, 100, 50),
      cell(1, 8, 100, 50),
      cell(6, 0, 100, 0),
      cell(5, 5, 100, 51),
    ];
    expect(bestHours(cells).map(({ weekday, hour }) => [weekday, hour])).toEqual([
      [5, 5],
      [1, 8],
      [1, 9],
    ]);
    expect(bestHours([])).toEqual([]);
  });

  // Newcombe 1998, table I: 81 of 263, and 1 of 29, by Wilson's score method.
  it('go by the lower end of the interval by Wilson', () => {
    expect(wilsonLow(81, 263)).toBeCloseTo(0.2553, 4);
    expect(wilsonLow(1, 29)).toBeCloseTo(0.0061, 4);
  });
});

describe('returns', () => {
  it('are on what was spent', () => {
    expect(roiOf(500, 100)).toBe(4);
    expect(roiOf(0, 100)).toBe(-1);
    expect(roiOf(500, 0)).toBeUndefined();
    expect(cacOf(100, 8)).toBe(12.5);
    expect(cacOf(100, 0)).toBeUndefined();
  });
});
