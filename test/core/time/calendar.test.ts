import { describe, expect, it } from 'vitest';
import {
  addDays,
  anniversaryIn,
  daysBetween,
  isDate,
  nextAnniversary,
  weekdayOf,
} from '../../../core/time/calendar.ts';

describe('the calendar', () => {
  it('counts days over months and leap days', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daysBetween('2024-02-01', '2024-03-01')).toBe(29);
    expect(daysBetween('1969-12-31', '1970-01-02')).toBe(2);
  });

  it('knows weekdays before and after 1970', () => {
    expect(weekdayOf('2026-11-24')).toBe('tue');
    expect(weekdayOf('1969-12-28')).toBe('sun');
    expect(weekdayOf('1970-01-01')).toBe('thu');
  });

  it('stays within the years 0000 to 9999', () => {
    expect(addDays('9999-12-31', 1)).toBe('9999-12-31');
    expect(addDays('9999-12-25', 7)).toBe('9999-12-31');
    expect(addDays('0000-01-01', -1)).toBe('0000-01-01');
  });

  it('knows which dates exist', () => {
    expect(isDate('2024-02-29')).toBe(true);
    expect(isDate('2026-02-29')).toBe(false);
    expect(isDate('2026-02-28T00:00Z')).toBe(false);
  });

  it('keeps the anniversary of 29 February on the 28th where there is no 29th', () => {
    expect(anniversaryIn('2000-02-29', 2026)).toBe('2026-02-28');
    expect(anniversaryIn('2000-02-29', 2028)).toBe('2028-02-29');
    expect(anniversaryIn('2000-02-29', 2100)).toBe('2100-02-28');
    expect(nextAnniversary('2000-02-29', '2026-03-01')).toBe('2027-02-28');
    expect(nextAnniversary('2000-02-29', '2028-02-29')).toBe('2028-02-29');
    expect(nextAnniversary('1990-12-31', '2026-12-31')).toBe('2026-12-31');
    expect(nextAnniversary('1990-01-01', '2026-12-31')).toBe('2027-01-01');
  });
});
