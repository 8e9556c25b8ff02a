import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { CN } from '../../../core/policies/calendars/cn.ts';
import { yearOf } from '../../../core/time/calendar.ts';

interface Listed {
  dates: { date: string; type: string }[];
}
/** The days of a year by a public list, of one type. */
function listed(year: number, type: 'public_holiday' | 'transfer_workday'): string[] {
  const file = createRequire(import.meta.url).resolve(`holiday-calendar/data/CN/${year}.json`);
  const { dates } = JSON.parse(readFileSync(file, 'utf8')) as Listed;
  return dates.filter((one) => one.type === type).map(({ date }) => date);
}

const years = new Set([...CN.holidays, ...CN.workdays].map(yearOf));

test.each([...years])(
  'the calendar of China has the holidays and make-up workdays of %i as a public list has them',
  (year) => {
    const of = (dates: string[]) => dates.filter((date) => yearOf(date) === year).sort();
    expect(of(CN.holidays)).toEqual(listed(year, 'public_holiday').sort());
    expect(of(CN.workdays)).toEqual(listed(year, 'transfer_workday').sort());
  },
);
