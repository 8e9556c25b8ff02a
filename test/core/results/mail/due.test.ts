import { expect, test } from 'vitest';
import { newestDue, nextDue } from '../../../../core/results/mail/due.ts';
import type { Period } from '../../../../core/results/mail/subscription.ts';
import { iso } from '../../../../core/time/instant.ts';

test.each<[string, Period, string, string, string, [string, string, string]]>([
  ['a day', 'day', '09:00', 'Asia/Shanghai', '2026-11-03T01:00:00Z', ['2026-11-03T01:00', '2026-11-02', '2026-11-02']],
  [
    'the day before',
    'day',
    '09:00',
    'Asia/Shanghai',
    '2026-11-03T00:59:59Z',
    ['2026-11-02T01:00', '2026-11-01', '2026-11-01'],
  ],
  [
    'a Monday',
    'week',
    '09:00',
    'Asia/Shanghai',
    '2026-11-02T01:00:00Z',
    ['2026-11-02T01:00', '2026-10-26', '2026-11-01'],
  ],
  [
    'a Sunday',
    'week',
    '09:00',
    'Asia/Shanghai',
    '2026-11-08T15:59:00Z',
    ['2026-11-02T01:00', '2026-10-26', '2026-11-01'],
  ],
  [
    'a Monday before its time',
    'week',
    '09:00',
    'Asia/Shanghai',
    '2026-11-09T00:30:00Z',
    ['2026-11-02T01:00', '2026-10-26', '2026-11-01'],
  ],
  [
    'a first of a month',
    'month',
    '08:15',
    'Europe/Berlin',
    '2027-03-01T07:15:00Z',
    ['2027-03-01T07:15', '2027-02-01', '2027-02-28'],
  ],
  [
    'that before its time',
    'month',
    '08:15',
    'Europe/Berlin',
    '2027-03-01T07:14:00Z',
    ['2027-02-01T07:15', '2027-01-01', '2027-01-31'],
  ],
  ['29 February', 'month', '00:00', 'UTC', '2028-03-31T00:00:00Z', ['2028-03-01T00:00', '2028-02-01', '2028-02-29']],
  [
    'a time that is skipped',
    'day',
    '02:30',
    'Europe/Berlin',
    '2026-03-29T01:00:00Z',
    ['2026-03-29T01:00', '2026-03-28', '2026-03-28'],
  ],
  [
    'a time that comes twice',
    'day',
    '02:30',
    'Europe/Berlin',
    '2026-10-25T01:31:00Z',
    ['2026-10-25T00:30', '2026-10-24', '2026-10-24'],
  ],
])('the newest report that is due: %s', (_, every, time, timezone, now, [at, from, to]) => {
  const due = newestDue({ every, time }, Date.parse(now), timezone);
  expect({ ...due, at: iso(due.at).slice(0, 16) }).toEqual({ at, from, to });
});

test.each<[string, Period, string, string, string, string]>([
  ['today', 'day', '09:00', 'Asia/Shanghai', '2026-11-03T00:59:59Z', '2026-11-03T01:00'],
  ['tomorrow', 'day', '09:00', 'Asia/Shanghai', '2026-11-03T01:00:00Z', '2026-11-04T01:00'],
  ['this Monday', 'week', '09:00', 'Asia/Shanghai', '2026-11-02T00:59:00Z', '2026-11-02T01:00'],
  ['the next Monday', 'week', '09:00', 'Asia/Shanghai', '2026-11-08T15:59:00Z', '2026-11-09T01:00'],
  ['the first of March', 'month', '08:15', 'Europe/Berlin', '2027-02-01T07:15:00Z', '2027-03-01T07:15'],
  ['the first of January', 'month', '08:15', 'Europe/Berlin', '2026-12-31T22:00:00Z', '2027-01-01T07:15'],
])('the next report is due %s', (_, every, time, timezone, now, at) => {
  expect(iso(nextDue({ every, time }, Date.parse(now), timezone)).slice(0, 16)).toBe(at);
});
