import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenWindow } from '../../../core/definitions/window.ts';
import { WindowSchema } from '../../../core/definitions/window.ts';
import { CalendarSchema } from '../../../core/policies/calendar.ts';
import { CN } from '../../../core/policies/calendars/cn.ts';
import { type Limits, nextOpening } from '../../../core/policies/opening.ts';
import { caseAt, compareWithMinutes } from './opening-oracle.ts';

const window = (given: object): OpenWindow => WindowSchema.parse(given) as OpenWindow; // never "none" here
const [SHANGHAI, NEW_YORK, LORD_HOWE] = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'];
const asked = (now: string, limits: Limits, timezone: string) => {
  const answer = nextOpening(Date.parse(now), limits, timezone);
  return 'at' in answer ? { ...answer, at: new Date(answer.at).toISOString() } : answer;
};

describe('a window', () => {
  const day = {
    window: window({
      hours: [
        ['10:00', '12:00'],
        ['19:00', '21:00'],
      ],
    }),
  };
  it.each([
    ['2026-11-02T10:00+08:00', { open: true }],
    ['2026-11-02T11:59:59.999+08:00', { open: true }],
    ['2026-11-02T12:00+08:00', { at: '2026-11-02T11:00:00.000Z', why: 'outside-window' }],
    ['2026-11-02T21:00+08:00', { at: '2026-11-03T02:00:00.000Z', why: 'outside-window' }],
    ['2026-11-02T03:00+08:00', { at: '2026-11-02T02:00:00.000Z', why: 'outside-window' }],
  ])('of two spans a day, at %s', (now, expected) => {
    expect(asked(now, day, SHANGHAI)).toEqual(expected);
  });

  it('on working days observes holidays and make-up days', () => {
    const limits = {
      window: window({ days: ['mon', 'tue', 'wed', 'thu', 'fri'], hours: [['10:00', '18:00']] }),
      calendar: CN,
    };
    // 30 September is a Wednesday; the holidays end on the 7th, and Saturday the 10th is worked.
    expect(asked('2026-09-30T18:00+08:00', limits, SHANGHAI)).toMatchObject({ at: '2026-10-08T02:00:00.000Z' });
    expect(asked('2026-10-09T18:00+08:00', limits, SHANGHAI)).toMatchObject({ at: '2026-10-10T02:00:00.000Z' });
    expect(asked('2026-10-10T18:00+08:00', limits, SHANGHAI)).toMatchObject({ at: '2026-10-12T02:00:00.000Z' });
  });

  it('in a year that its calendar does not cover goes by weekdays alone, and says so', () => {
    const limits = { window: window({ days: ['fri'], hours: [['10:00', '18:00']] }), calendar: CN };
    expect(asked('2027-10-01T11:00+08:00', limits, SHANGHAI)).toEqual({ open: true, uncovered: true });
    expect(asked('2026-12-31T11:00+08:00', limits, SHANGHAI)).toEqual({
      at: '2027-01-01T02:00:00.000Z',
      why: 'outside-window',
      uncovered: true,
    });
    expect(asked('2026-10-02T11:00+08:00', limits, SHANGHAI)).not.toHaveProperty('uncovered');
  });

  it('skips where it says so, and only where it is itself closed', () => {
    const skipping = {
      window: window({ hours: [['06:00', '20:00']], otherwise: 'skip' }),
      floors: [[['08:00', '22:00']]],
    } as Limits;
    expect(asked('2026-11-02T05:00+08:00', skipping, SHANGHAI)).toEqual({ skip: true });
    expect(asked('2026-11-02T07:00+08:00', skipping, SHANGHAI)).toEqual({
      at: '2026-11-02T00:00:00.000Z',
      why: 'country-hours',
    });
    expect(asked('2026-11-02T21:00+08:00', skipping, SHANGHAI)).toEqual({ skip: true });
  });

  it('that opens on the 400th day from now opens, and never on one after that', () => {
    const opensOn = (workday: string) => ({
      window: { ...window({ hours: [['09:00', '10:00']] }), days: [] },
      calendar: CalendarSchema.parse({ workdays: [workday] }),
    });
    expect(asked('2026-11-02T09:00Z', opensOn('2027-12-07'), 'UTC')).toMatchObject({ at: '2027-12-07T09:00:00.000Z' });
    expect(asked('2026-11-02T09:00Z', opensOn('2027-12-08'), 'UTC')).toMatchObject({ never: true });
  });

  it('that has no hour in common with the floor never opens', () => {
    const night = { window: window({ hours: [['22:00', '24:00']] }), floors: [[['08:00', '22:00']]] } as Limits;
    expect(asked('2026-11-02T09:00+08:00', night, SHANGHAI)).toEqual({ never: true, why: 'outside-window' });
    const holidays = { window: window({ days: ['sun'], hours: [['08:00', '09:00']] }), calendar: undefined };
    expect(asked('2026-11-02T09:00+08:00', holidays, SHANGHAI)).toMatchObject({ at: '2026-11-08T00:00:00.000Z' });
  });
});

describe('at the edges of daylight saving', () => {
  it('hours that are skipped open after the gap, or not at all that day', () => {
    // 02:00 is 03:00 on 8 March.
    const from = { window: window({ hours: [['02:30', '04:00']] }) };
    expect(asked('2026-03-08T01:59-05:00', from, NEW_YORK)).toMatchObject({ at: '2026-03-08T07:00:00.000Z' });
    const within = { window: window({ hours: [['02:15', '02:45']] }) };
    expect(asked('2026-03-08T01:59-05:00', within, NEW_YORK)).toMatchObject({ at: '2026-03-09T06:15:00.000Z' });
  });

  it('hours that come twice open once they begin, and do not begin again after their end', () => {
    // 02:00 EDT is 01:00 EST on 1 November.
    const until = { window: window({ hours: [['00:30', '01:30']] }) };
    expect(asked('2026-11-01T01:29-04:00', until, NEW_YORK)).toEqual({ open: true });
    expect(asked('2026-11-01T01:15-05:00', until, NEW_YORK)).toMatchObject({ at: '2026-11-02T05:30:00.000Z' });
    const since = { window: window({ hours: [['01:30', '03:00']] }) };
    expect(asked('2026-11-01T01:30-04:00', since, NEW_YORK)).toEqual({ open: true });
    expect(asked('2026-11-01T01:00-05:00', since, NEW_YORK)).toMatchObject({ at: '2026-11-01T06:30:00.000Z' });
  });

  it('half an hour is half an hour in Lord Howe', () => {
    // 02:00 is 02:30 on 4 October; 02:00 is 01:30 on 5 April.
    const at = { window: window({ hours: [['02:10', '03:00']] }) };
    expect(asked('2026-10-04T01:59+10:30', at, LORD_HOWE)).toMatchObject({ at: '2026-10-03T15:30:00.000Z' });
    const early = { window: window({ hours: [['01:00', '01:45']] }) };
    expect(asked('2026-04-05T01:40+10:30', early, LORD_HOWE)).toMatchObject({ at: '2026-04-05T14:30:00.000Z' });
  });
});

it('agrees with whoever looks at the clock every minute, around the days on which clocks are changed', () => {
  const CHANGES = [
    '2026-03-08',
    '2026-03-29',
    '2026-04-05',
    '2026-10-04',
    '2026-10-25',
    '2026-11-01',
    '2027-03-14',
    '2026-12-31',
  ];
  const ZONES = [
    ...[
      SHANGHAI,
      NEW_YORK,
      LORD_HOWE,
      'Europe/London',
      'America/Nuuk',
      'America/Havana',
      'Africa/Cairo',
      'Asia/Beirut',
    ],
    ...['Antarctica/Troll', 'Africa/Casablanca', 'Asia/Gaza', 'America/Santiago', 'Pacific/Chatham', 'Asia/Kathmandu'],
  ];
  const instant = fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -36 * 3_600_000, max: 36 * 3_600_000 }))
    .map(([date, ms]) => Date.parse(date) + ms);
  const any = fc.tuple(instant, fc.constantFrom(...ZONES)).chain(([now, timezone]) => caseAt(now, timezone));
  fc.assert(
    fc.property(any, (one) => compareWithMinutes(one, 4)),
    { numRuns: 150 },
  );
});

describe('the calendar of China', () => {
  it('is one, and has the 33 holidays and six make-up days of 2026', () => {
    expect(CalendarSchema.parse(CN)).toEqual(CN);
    expect([CN.holidays.filter((date) => date.startsWith('2026')), CN.workdays]).toMatchObject([
      { length: 33 },
      { length: 6 },
    ]);
  });
});
