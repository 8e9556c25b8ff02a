import { describe, expect, it } from 'vitest';
import { DURATION, faultsOf, JOURNEY, journey, type Row, setUpTables } from './mistakes-harness.ts';

setUpTables();

const ENTRY =
  'must be an entry such as {"event": "Signed Up"}: an object with one of event, segment, tag, date, schedule, api';

const EXIT =
  'must be an exit such as {"event": "Order Completed", "outcome": "ordered"}: an object with one of event, tag, message';

const REENTRY = 'must be "never", "always" or {"after": "7d"}';

const TIME = 'must be a local time HH:mm such as "09:00"';

const WINDOW = 'must be "none", or a window such as {"days": ["mon", "tue"], "hours": [["09:00", "21:00"]]}';

const HOURS = 'must be a list of pairs of local times such as [["09:00", "12:00"], ["14:00", "21:00"]]';

const CAP = 'must be a cap: {"max": 2, "per": "day"} or {"max": 2, "within": "7d"}';

const settings: Row[] = [
  ['no entry', journey({ entry: undefined }), { '/entry': ENTRY }],
  ['an entry as a name', journey({ entry: 'Signed Up' }), { '/entry': ENTRY }],
  ['an entry with a type', journey({ entry: { type: 'event', name: 'Signed Up' } }), { '/entry': ENTRY }],
  [
    'an entry with a filter',
    journey({ entry: { event: 'Signed Up', properties: { plan: 'free' } } }),
    { '/entry/properties': 'unknown field. Did you mean where? There are: event, where, key, fresh' },
  ],
  [
    'an entry by several events',
    journey({ entry: { event: ['A', 'B'] } }),
    { '/entry/event': 'must be the name of one event' },
  ],
  [
    'an entry by a tag that says not how',
    journey({ entry: { tag: 'vip' } }),
    { '/entry/on': 'must be one of: "added", "removed"' },
  ],
  [
    'an entry by a segment that is added',
    journey({ entry: { segment: 'vip', on: 'added' } }),
    { '/entry/on': 'must be one of: "entered", "left"' },
  ],
  [
    'a date entry that is flat',
    journey({ entry: { trait: 'birthday', every: 'year' } }),
    { '/entry': 'a date entry stands under date: {"date": {"trait": "birthday", "every": "year"}}' },
  ],
  [
    'a date entry as a name',
    journey({ entry: { date: 'birthday' } }),
    {
      '/entry/date': 'must be a date such as {"trait": "birthday", "offset": "-7d", "time": "09:00", "every": "year"}',
    },
  ],
  [
    'an offset in weeks',
    journey({ entry: { date: { trait: 'renewsOn', offset: '-1w', time: '9:00', every: 'yearly' } } }),
    {
      '/entry/date/offset': 'must be calendar days such as "-7d" or "3d"',
      '/entry/date/time': TIME,
      '/entry/date/every': 'must be "year" or "month"',
    },
  ],
  [
    'a schedule as cron',
    journey({ entry: { schedule: '0 9 * * 1' } }),
    { '/entry/schedule': 'must be a schedule such as {"every": "week", "days": ["mon"], "time": "09:00"}' },
  ],
  [
    'a daily schedule',
    journey({ entry: { schedule: { every: 'daily', time: '09:00' } } }),
    { '/entry/schedule/every': 'must be "day", "week" or "month"' },
  ],
  ['a reentry as a duration', journey({ reentry: '7d' }), { '/reentry': REENTRY }],
  ['a reentry as true', journey({ reentry: true }), { '/reentry': REENTRY }],
  ['a reentry within', journey({ reentry: { within: '7d' } }), { '/reentry': REENTRY }],
  ['a reentry after 7 days', journey({ reentry: { after: '7 days' } }), { '/reentry/after': DURATION }],
  [
    'one exit',
    journey({ exit: { event: 'Order Completed' } }),
    { '/exit': 'must be a list of exits, such as [{"event": "Order Completed", "outcome": "ordered"}]' },
  ],
  ['an exit as a name', journey({ exit: ['Order Completed'] }), { '/exit/0': EXIT }],
  [
    'an exit by a segment',
    journey({ exit: [{ segment: 'vip', on: 'entered' }] }),
    { '/exit/0': 'a segment cannot end a run; a tag can' },
  ],
  [
    'exit criteria',
    journey({ exits: [{ event: 'Order Completed' }] }),
    { '/exits': `unknown field. Did you mean exit? There are: ${JOURNEY}` },
  ],
  [
    'same as a list',
    journey({ exit: [{ event: 'Order Completed', same: ['cart_id'] }] }),
    { '/exit/0/same': 'must be a property, or {"theirs": "ours"}' },
  ],
  [
    'a goal as a name, and a target in per cent',
    journey({ goal: { conversion: 'Order Completed', target: 20 } }),
    {
      '/goal/event': 'must be the name of one event',
      '/goal/target': 'must be a share from 0 to 1, such as 0.2 for 20 %',
      '/goal/conversion': 'unknown field. There are: event, where, same, within, target, by, owner',
    },
  ],
  ['a window as a text', journey({ window: '09:00-21:00' }), { '/window': WINDOW }],
  [
    'a window from and to',
    journey({ window: { from: '09:00', to: '21:00' } }),
    {
      '/window/hours': HOURS,
      '/window/from': 'unknown field. Did you mean hours? There are: days, hours, calendar, otherwise',
      '/window/to': 'unknown field. Did you mean hours? There are: days, hours, calendar, otherwise',
    },
  ],
  [
    'one pair of hours',
    journey({ window: { days: ['Monday'], hours: ['09:00', '21:00'] } }),
    {
      '/window/days/0': 'must be a day: one of mon, tue, wed, thu, fri, sat, sun',
      '/window/hours/0': 'must be a pair of local times such as ["09:00", "21:00"]',
      '/window/hours/1': 'must be a pair of local times such as ["09:00", "21:00"]',
    },
  ],
  [
    'a cap for a week',
    journey({ caps: [{ max: 2, per: 'week' }] }),
    { '/caps/0/per': 'must be "day"; any other length is "within", such as "within": "7d"' },
  ],
  [
    'hours of a window that overlap',
    journey({
      window: {
        hours: [
          ['19:00', '21:00'],
          ['10:00', '12:00'],
          ['11:00', '13:00'],
        ],
      },
    }),
    { '/window/hours/2': 'overlaps 10:00 to 12:00' },
  ],
  ['a cap of nothing', journey({ caps: [{ max: 0, within: '7d' }] }), { '/caps/0/max': 'must be 1 or more' }],
  ['a cap without its length', journey({ caps: [{ limit: 2, period: '7d' }] }), { '/caps/0': CAP }],
  [
    'a cap of two lengths',
    journey({ caps: [{ max: 2, per: 'day', within: '3d' }] }),
    { '/caps/0': 'takes either per or within, not both' },
  ],
  [
    'one cap',
    journey({ caps: { max: 2, per: 'day' } }),
    { '/caps': 'must be a list of caps, such as [{"max": 2, "per": "day"}]' },
  ],
  [
    'a throttle for an hour',
    journey({ throttle: { perHour: 600 } }),
    {
      '/throttle/perMinute': 'is required: a number',
      '/throttle/perHour': 'unknown field. Did you mean perMinute? There are: perMinute',
    },
  ],
];

describe('an error in a definition names what is right', () => {
  it.each(settings)('in a journey: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/journeys/welcome', body)).toEqual(faults);
  });
});
