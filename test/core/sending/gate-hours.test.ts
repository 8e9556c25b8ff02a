import { describe, expect, it } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { calendars } from '../../../core/catalog/kinds/calendar.ts';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import type { Addresses, Channel } from '../../../core/channels/registry.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import type { Source } from '../../../core/messages/source.ts';
import { CalendarSchema } from '../../../core/policies/calendar.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { gate, type Verdict } from '../../../core/sending/gate.ts';

type Json = Record<string, unknown>;
interface Case {
  now: string;
  settings?: Json;
  journey?: Json;
  node?: Json;
  channels?: Channel[];
  timezone?: string;
  addresses?: Addresses;
  traits?: Json;
  template?: 'marketing' | 'transactional';
  source?: Source;
  calendars?: Snapshot['calendars'];
  paused?: Channel;
}

const HOME: Addresses = {
  email: { value: 'ann@example.com', status: 'ok' },
  sms: { value: '+8613800138000', status: 'ok' },
};
const SENT: Source = { kind: 'journey', id: 'news', version: 1, node: 'notify', run: 'run' };

/** What the gate says of a message by email, unless `channels` says otherwise. */
function asked(given: Case): Verdict | string {
  const node = { type: 'send', template: 'news', next: 'done', ...given.node };
  const definition = JourneySchema.parse({
    ...{ name: 'News', entry: { event: 'News' }, start: 'notify', nodes: { notify: node, done: { type: 'end' } } },
    ...given.journey,
  });
  const settings = SettingsSchema.parse({ ...given.settings });
  const source = given.source ?? SENT;
  const traits = Object.entries({ ...given.traits }).map(([name, value]) => [name, { value, ts: 0, by: '' }]);
  const profile: Profile = {
    identity: { kind: 'user', id: 'ann' },
    pv: 1,
    traits: Object.fromEntries(traits),
    addresses: given.addresses ?? HOME,
    ...(given.timezone === undefined ? {} : { timezone: given.timezone }),
  };
  const granted = { granted: true, at: 0, source: 'api' } as const;
  const verdict = gate({
    request: { source, channels: given.channels ?? ['email'] },
    template: { class: given.template ?? 'marketing', content: { email: {}, sms: {} } },
    run: undefined,
    isHeldOut: false,
    definition: source.kind === 'journey' ? definition : undefined,
    snapshot: { ...emptySnapshot(), settings, calendars: given.calendars },
    pointer: {
      version: 1,
      channels: given.paused === undefined ? {} : { [given.paused]: { since: 0 } },
      journeys: {},
    },
    profile,
    consents: { email: granted, sms: granted },
    records: new Map(),
    fatigued: new Set(),
    now: Date.parse(given.now),
  });
  if ('send' in verdict) return verdict.send.channel;
  if ('defer' in verdict)
    return `${verdict.target.channel} at ${new Date(verdict.defer.until).toISOString()}: ${verdict.defer.why}`;
  return verdict;
}

const BY_DAY = { hours: [['10:00', '12:00']] };
const NIGHT = '2026-11-02T03:00+08:00';
const AT_TEN = 'email at 2026-11-02T02:00:00.000Z: outside-window';

describe('the window of a message', () => {
  it.each<[string, Case, string]>([
    ['of the settings', { now: NIGHT, settings: { window: BY_DAY } }, AT_TEN],
    ['of the journey', { now: NIGHT, journey: { window: BY_DAY } }, AT_TEN],
    ['of the node', { now: NIGHT, node: { window: BY_DAY } }, AT_TEN],
    [
      '"none" of the node, before all others',
      { now: NIGHT, settings: { window: BY_DAY }, journey: { window: BY_DAY }, node: { window: 'none' } },
      'email',
    ],
    [
      '"none" of the journey, before the settings',
      { now: NIGHT, settings: { window: BY_DAY }, journey: { window: 'none' } },
      'email',
    ],
    ['of the node, before "none"', { now: NIGHT, journey: { window: 'none' }, node: { window: BY_DAY } }, AT_TEN],
    [
      'of the settings, for a message that no journey sent',
      { now: NIGHT, settings: { window: BY_DAY }, journey: { window: 'none' }, source: { kind: 'api', id: 'x' } },
      AT_TEN,
    ],
    [
      'in the customer’s timezone',
      { now: NIGHT, timezone: 'Europe/Berlin', settings: { window: { hours: [['20:00', '21:00']] } } },
      'email',
    ],
  ])('%s', (_, given, expected) => {
    expect(asked(given)).toBe(expected);
  });

  it('does not hold a transactional message or the test of a template', () => {
    const closed = { now: NIGHT, settings: { window: BY_DAY } };
    expect(asked({ ...closed, template: 'transactional' })).toBe('email');
    expect(asked({ ...closed, source: { kind: 'test', id: 'news' } })).toBe('email');
  });

  it('is asked after the pause of the channel, and never leads to the next channel', () => {
    const closed = { now: NIGHT, node: { window: BY_DAY }, channels: ['email', 'sms'] as Channel[] };
    expect(asked(closed)).toBe(AT_TEN);
    expect(asked({ ...closed, paused: 'email' })).toMatchObject({ hold: 'email' });
  });

  it('refuses what it skips, and what it never lets out', () => {
    const refused = { refuse: 'outside-window', channel: 'email', target: { channel: 'email' } };
    expect(asked({ now: NIGHT, node: { window: { ...BY_DAY, otherwise: 'skip' } } })).toMatchObject(refused);
    const mondays = { days: ['mon'], hours: [['10:00', '12:00']], calendar: 'own' };
    const everyMonday = Array.from({ length: 80 }, (_, week) =>
      new Date(Date.UTC(2026, 10, 2 + 7 * week)).toISOString().slice(0, 10),
    );
    const own = CalendarSchema.parse({ holidays: everyMonday });
    expect(asked({ now: NIGHT, node: { window: mondays }, calendars: { own } })).toMatchObject(refused);
  });

  it('goes by its calendar: the built-in one of China until somebody renews it', () => {
    const node = { window: { days: ['fri', 'sat'], hours: [['10:00', '12:00']], calendar: 'cn' } };
    // Thursday to Wednesday are holidays, and Saturday the 10th is worked.
    const given = { now: '2026-10-01T11:00+08:00', node };
    expect(asked(given)).toBe('email at 2026-10-09T02:00:00.000Z: outside-window');
    const renewed = calendars.apply?.(
      emptySnapshot(),
      'cn',
      { version: 2, definition: CalendarSchema.parse({ holidays: ['2026-10-03'] }) },
      {},
    );
    expect(asked({ ...given, calendars: renewed?.calendars })).toBe(
      'email at 2026-10-02T02:00:00.000Z: outside-window',
    );
    const again = renewed && calendars.apply?.(renewed, 'cn', undefined, {});
    expect(again).toEqual(emptySnapshot());
  });

  it('of a calendar that is gone goes by weekdays', () => {
    const node = { window: { days: ['fri'], hours: [['10:00', '12:00']], calendar: 'gone' } };
    expect(asked({ now: '2026-10-01T11:00+08:00', node })).toBe('email at 2026-10-02T02:00:00.000Z: outside-window');
  });
});

describe('the hours of a country', () => {
  const AT_EIGHT = 'sms at 2026-11-02T00:00:00.000Z: country-hours';
  const sms = (value: string): Addresses => ({ sms: { value, status: 'ok' } });
  it.each<[string, Case, string]>([
    ['defer an SMS to a number of China at night', { now: NIGHT }, AT_EIGHT],
    ['begin at eight', { now: '2026-11-02T08:00+08:00' }, 'sms'],
    ['end at ten', { now: '2026-11-02T22:00+08:00' }, 'sms at 2026-11-03T00:00:00.000Z: country-hours'],
    ['do not hold mail', { now: NIGHT, channels: ['email'] }, 'email'],
    [
      'do not hold a number of another country, whatever the customer’s country',
      { now: NIGHT, traits: { country: 'CN' }, addresses: sms('+14155550123') },
      'sms',
    ],
    ['hold a number of China, whatever the customer’s country', { now: NIGHT, traits: { country: 'US' } }, AT_EIGHT],
    ['are counted in the customer’s timezone', { now: NIGHT, timezone: 'Europe/Berlin' }, 'sms'],
    ['cannot be widened by a window', { now: NIGHT, node: { window: { hours: [['00:00', '24:00']] } } }, AT_EIGHT],
    ['nor by "none"', { now: NIGHT, node: { window: 'none' } }, AT_EIGHT],
    [
      'wait for a window that opens later',
      { now: NIGHT, node: { window: BY_DAY } },
      'sms at 2026-11-02T02:00:00.000Z: outside-window',
    ],
    ['are those of the settings', { now: NIGHT, settings: { floors: [] } }, 'sms'],
    [
      'go by the trait for mail',
      {
        now: NIGHT,
        channels: ['email'],
        traits: { country: ' de ' },
        settings: { floors: [{ country: 'DE', channel: 'email', hours: [['09:00', '20:00']] }] },
      },
      'email at 2026-11-02T01:00:00.000Z: country-hours',
    ],
    [
      'go by the settings for mail without the trait',
      {
        now: NIGHT,
        channels: ['email'],
        settings: { country: 'DE', floors: [{ country: 'DE', channel: 'email', hours: [['09:00', '20:00']] }] },
      },
      'email at 2026-11-02T01:00:00.000Z: country-hours',
    ],
    ['do not hold a transactional message', { now: NIGHT, template: 'transactional' }, 'sms'],
  ])('%s', (_, given, expected) => {
    expect(asked({ channels: ['sms'], ...given })).toBe(expected);
  });

  it('defer also what its window would skip, if that is open', () => {
    const node = { window: { hours: [['00:00', '24:00']], otherwise: 'skip' } };
    expect(asked({ now: NIGHT, channels: ['sms'], node })).toBe(AT_EIGHT);
  });

  it('refuse what no instant allows', () => {
    const node = { window: { hours: [['23:00', '24:00']] } };
    expect(asked({ now: NIGHT, channels: ['sms'], node })).toMatchObject({ refuse: 'outside-window', channel: 'sms' });
  });
});
