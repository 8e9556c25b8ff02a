import fc from 'fast-check';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import { nextOpening } from '../../../core/policies/opening.ts';
import { gate } from '../../../core/sending/gate.ts';
import { type Answer, type Case, compareWithMinutes, hours } from '../policies/opening-oracle.ts';

/** Who of a case says its window, and where its floors and its timezone come from; what else is there must not matter. */
export interface Place {
  level: 'node' | 'journey' | 'settings';
  /** The window of each level that is further away. */
  further: 'none' | { hours: [string, string][] };
  channel: 'sms' | 'email';
  isOwnTimezone: boolean;
  /** Hours of another country and of another channel. */
  foreign: [string, string][];
}
export const place: fc.Arbitrary<Place> = fc.record({
  level: fc.constantFrom('node', 'journey', 'settings'),
  further: fc.oneof(fc.constant('none' as const), fc.record({ hours })),
  channel: fc.constantFrom('sms', 'email'),
  isOwnTimezone: fc.boolean(),
  foreign: hours,
});

/** Compares the gate's verdict about a message to a customer in China with the clock at each minute. */
export const compareGate = (one: Case, where: Place, patience: number): void =>
  compareWithMinutes(one, patience, (given) => verdictOf(given, where));

function verdictOf(given: Case, { level, further, channel, isOwnTimezone, foreign }: Place): Answer {
  const { now, timezone, calendar, floors } = given;
  const window = given.window === undefined ? 'none' : { ...given.window, ...(calendar && { calendar: 'own' }) };
  const levels = ['node', 'journey', 'settings'] as const;
  const windowAt = (at: (typeof levels)[number]) =>
    at === level ? window : levels.indexOf(at) > levels.indexOf(level) ? further : undefined;
  const send = { type: 'send', template: 'news', next: 'done', window: windowAt('node') };
  const [other, another] = channel === 'sms' ? (['email', 'push'] as const) : (['sms', 'push'] as const);
  const settings = SettingsSchema.parse({
    timezone: isOwnTimezone ? 'Asia/Shanghai' : timezone,
    window: windowAt('settings'),
    floors: [
      { country: 'US', channel, hours: foreign },
      { country: 'CN', channel: other, hours: foreign },
      ...floors.map((one) => ({ country: 'CN', channel, hours: one })),
      { country: 'CN', channel: another, hours: foreign },
    ],
  });
  const granted = { granted: true, at: 0, source: 'api' } as const;
  const verdict = gate({
    request: { source: { kind: 'journey', id: 'news', version: 1, node: 'notify', run: 'run' }, channels: [channel] },
    template: { class: 'marketing', content: { email: {}, sms: {} } },
    run: undefined,
    isHeldOut: false,
    fatigued: new Set<never>(),
    definition: JourneySchema.parse({
      ...{ name: 'News', entry: { event: 'News' }, start: 'notify', window: windowAt('journey') },
      nodes: { notify: send, done: { type: 'end' } },
    }),
    snapshot: { ...emptySnapshot(), settings, calendars: calendar && { own: calendar } },
    pointer: { version: 1, channels: {}, journeys: {} },
    profile: {
      identity: { kind: 'user', id: 'ann' },
      pv: 1,
      // The number's country goes before the customer's.
      traits: channel === 'sms' ? { country: { value: 'US', ts: 0, by: '' } } : {},
      addresses: {
        email: { value: 'ann@example.com', status: 'ok' },
        sms: { value: '+8613800138000', status: 'ok' },
      },
      ...(isOwnTimezone ? { timezone } : {}),
    },
    consents: { email: granted, sms: granted },
    records: new Map(),
    now,
  });
  if ('send' in verdict) return { open: true };
  if ('defer' in verdict) return { at: verdict.defer.until, why: verdict.defer.why };
  const isSkipped =
    given.window?.otherwise === 'skip' && !('open' in nextOpening(now, { window: given.window, calendar }, timezone));
  return isSkipped ? { skip: true } : { never: true };
}
