import { describe, expect, it } from 'vitest';
import { scheduledDates } from '../../../core/time/schedule.ts';

describe('the dates of a schedule', () => {
  it('end with the year 9999', () => {
    const daily = { every: 'day', time: '10:00' } as const;
    expect([...scheduledDates({ ...daily, from: '9999-12-30' }, '2026-11-02', '2026-11-04')]).toEqual([
      '9999-12-30',
      '9999-12-31',
    ]);
    expect([...scheduledDates({ ...daily, until: '9999-12-31' }, '2026-11-02', '2026-11-02')]).toHaveLength(36);
  });
});
