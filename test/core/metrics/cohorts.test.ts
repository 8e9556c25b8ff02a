import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../core/channels/registry.ts';
import { type Guardrail, SettingsSchema } from '../../../core/definitions/settings.ts';
import { sumUp } from '../../../core/metrics/buckets.ts';
import {
  baselineOf,
  cohortKey,
  daysKey,
  guardScopeOf,
  minuteOf,
  minutesOf,
  watchedIn,
} from '../../../core/metrics/cohorts.ts';
import type { MetricEvent, Sum } from '../../../core/metrics/metric-event.ts';
import { lookBackMs, matureMs, measure, nextBreach, withinMs } from '../../../core/policies/guardrails.ts';
import { durationMs } from '../../../core/time/duration.ts';
import { utcDay } from '../../../core/time/utc-day.ts';

const START = Date.parse('2026-11-02T01:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Message {
  channel: Channel;
  sentAt: number;
  generation: number;
  /** When a person unsubscribed, opened or clicked; undefined: never. */
  unsubscribed: number | undefined;
  opened: number | undefined;
  clicked: number | undefined;
  unlinked: boolean;
}

const after = fc.option(fc.integer({ min: 0, max: 30 * HOUR }), { nil: undefined });
const messages: fc.Arbitrary<Message[]> = fc
  .array(
    fc.record({
      channel: fc.constantFrom<Channel>('sms', 'email'),
      sentAt: fc.integer({ min: 0, max: 30 * HOUR }).map((ms) => START + ms),
      generation: fc.nat(1),
      unsubscribed: after,
      opened: after,
      clicked: after,
      unlinked: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map((one) => ({
      ...one,
      unsubscribed: one.unsubscribed === undefined ? undefined : one.sentAt + one.unsubscribed,
      opened: one.opened === undefined ? undefined : one.sentAt + one.opened,
      clicked: one.clicked === undefined ? undefined : one.sentAt + one.clicked,
    })),
  );
const rules: fc.Arbitrary<Guardrail> = fc
  .record({
    metric: fc.constantFrom('unsubscribe' as const, 'open' as const, 'click' as const),
    bound: fc.constantFrom('over' as const, 'under' as const),
    share: fc.constantFrom(0.05, 0.2, 0.5),
    atLeast: fc.integer({ min: 1, max: 5 }),
    within: fc.constantFrom('1h', '7h', '24h'),
    matureAfter: fc.constantFrom('0s', '30m', '3h'),
  })
  .map(({ bound, share, ...rule }) => railOf({ ...rule, scope: 'journey', [bound]: share, do: 'alert' }));
const railOf = (rule: object): Guardrail => {
  const [rail] = SettingsSchema.parse({ guardrails: [rule] }).guardrails;
  if (rail === undefined) throw new Error('no rule');
  return rail;
};

/** What is known until `now`, in the order of its happening. */
function eventsUntil(all: readonly Message[], now: number): MetricEvent[] {
  return all.flatMap(({ channel, sentAt, generation, unsubscribed, opened, clicked, ...message }) => {
    const unlinked = message.unlinked ? { unlinked: true } : {};
    const event = (metric: string, at: number | undefined, more: Partial<MetricEvent> = {}): MetricEvent[] =>
      at === undefined || at > now
        ? []
        : [
            {
              at,
              sentAt,
              of: 'message',
              metric,
              generations: { channel: 9, source: generation },
              dimensions: { journey: 'wake', channel, template: 'hello' },
              ...more,
            },
          ];
    const isFirst = (at: number | undefined, other: number | undefined) =>
      other === undefined || (at !== undefined && at < other);
    return [
      ...event('sent', sentAt, unlinked),
      ...event('unsubscribed', unsubscribed),
      ...event('opened', opened, { interest: isFirst(opened, clicked) ? 'first' : 'again' }),
      ...event('clicked', clicked, {
        ...unlinked,
        interest: opened !== undefined && opened <= (clicked ?? 0) ? 'again' : 'first',
      }),
      ...event('opened', sentAt, { machine: true, interest: 'first' }),
    ];
  });
}

const itemsOf = (sums: readonly Sum[], key: string) =>
  sums.filter(({ scope }) => scope === key).map(({ day, counts }) => ({ sk: day, counts }));
const minutes = (all: readonly Message[], rule: Guardrail, now: number, generation: number) =>
  minutesOf(
    itemsOf(sumUp(eventsUntil(all, now), [], { guardrails: [rule] }), cohortKey('journey:wake', generation)),
    rule.metric,
  );

/** The contract's sentence over the list of messages. Instants are rounded up to minutes, as the counters are. */
function naive(all: readonly Message[], rule: Guardrail, now: number, generation: number) {
  const [from, to] = [now - lookBackMs(rule), now - matureMs(rule)];
  const counted = all.filter(({ sentAt, generation: own, channel, unlinked }) => {
    if (rule.metric === 'click' && unlinked) return false;
    const at = minuteOf(sentAt);
    const isMature = matureMs(rule) === 0 ? sentAt <= now : at <= to;
    return (
      own === generation && at > from && isMature && (rule.metric !== 'open' || channel === 'email') && sentAt <= now
    );
  });
  const did = counted.filter(({ unsubscribed, opened, clicked }) =>
    (rule.metric === 'unsubscribe' ? [unsubscribed] : rule.metric === 'open' ? [opened, clicked] : [clicked]).some(
      (at) => at !== undefined && at <= now,
    ),
  );
  return { sent: counted.length, did: did.length };
}

describe('the rate of a cohort', () => {
  test('is that of the messages sent in the window, whenever they did it, against a plain list', () => {
    fc.assert(
      fc.property(messages, rules, fc.integer({ min: 0, max: 60 * HOUR }), fc.nat(1), (all, rule, ms, generation) => {
        const now = START + ms;
        const measured = measure(rule, minutes(all, rule, now, generation), now, undefined);
        const { sent, did } = naive(all, rule, now, generation);
        expect({ sent: measured.sent, did: measured.did }).toEqual({ sent, did });
        const isBreached =
          sent >= rule.atLeast && (rule.over === undefined ? did / sent < (rule.under ?? 0) : did / sent > rule.over);
        expect(measured.state === 'breached').toBe(isBreached);
      }),
      { numRuns: 300 },
    );
  });

  test('is next over its bound, without anything happening, at exactly the instant that is foretold', () => {
    fc.assert(
      fc.property(messages, rules, fc.integer({ min: 0, max: 40 * HOUR }), (all, rule, ms) => {
        const now = minuteOf(START + ms);
        const known = minutes(all, rule, now, 0);
        const state = (at: number) => measure(rule, known, at, undefined).state;
        let found: number | undefined;
        for (let at = now + MINUTE; found === undefined && at <= now + lookBackMs(rule) + MINUTE; at += MINUTE)
          if (state(at) === 'breached' && state(at - MINUTE) !== 'breached') found = at;
        expect(nextBreach(rule, known, now, undefined)).toBe(found);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a bound', () => {
  const minute = (sent: number, unsubscribed: number, at = START) => ({ at, counts: { sent, unsubscribed } });
  const over = railOf({ metric: 'unsubscribe', scope: 'channel', over: 0.05, do: 'pause' });
  const state = (rule: Guardrail, sent: number, did: number) =>
    measure(rule, [minute(sent, did)], START, undefined).state;

  test.each([
    [1000, 50, 'ok'],
    [1000, 51, 'breached'],
    [1000, 49, 'ok'],
    [499, 26, 'too-few'],
    [500, 25, 'ok'],
    [500, 26, 'breached'],
    [0, 0, 'too-few'],
  ])('over 0.05: of %i, %i is %s', (sent, did, expected) => {
    expect(state(over, sent, did)).toBe(expected);
  });

  test.each([
    [1000, 149, 'breached'],
    [1000, 150, 'ok'],
    [199, 0, 'too-few'],
  ])('under 0.15: of %i, %i is %s', (sent, did, expected) => {
    expect(state(railOf({ ...over, over: undefined, under: 0.15, atLeast: 200 }), sent, did)).toBe(expected);
  });

  test.each([
    [200, 1000, 149, 'breached'],
    [200, 1000, 150, 'ok'],
    [200, 499, 1, 'too-few'],
    [200, 1000, 0, 'breached'],
  ])('0.05 under a baseline of %i in 1,000: of %i, %i is %s', (before, sent, did, expected) => {
    const rule = railOf({ ...over, over: undefined, underBaseline: 0.05 });
    expect(measure(rule, [minute(sent, did)], START, { sent: 1000, did: before }).state).toBe(expected);
    expect(measure(rule, [minute(sent, 0)], START, { sent: 499, did: 0 }).state).toBe(
      sent < 500 ? 'too-few' : 'no-baseline',
    );
  });

  test('under a baseline asks for one of as many messages as the window needs', () => {
    const rule = railOf({ ...over, over: undefined, underBaseline: 0.05 });
    const stateBy = (sent: number) => measure(rule, [minute(500, 0)], START, { sent, did: sent / 2 }).state;
    expect([stateBy(499), stateBy(500)]).toEqual(['no-baseline', 'breached']);
  });

  describe('is crossed next, if nothing happens,', () => {
    const under = (matureAfter: string) =>
      railOf({ ...over, over: undefined, under: 0.15, atLeast: 20, within: '1h', matureAfter });

    test('by no minute that counts already: one that has just matured', () => {
      expect(nextBreach(under('30m'), [minute(10, 0)], START + 30 * MINUTE, undefined)).toBeUndefined();
    });

    test('by no minute that counts already: one that has not ended, where none has to mature', () => {
      expect(nextBreach(under('0s'), [minute(10, 0, START + MINUTE)], START + 1, undefined)).toBeUndefined();
    });

    test('by all together that change at an instant', () => {
      const both = [minute(20, 0), minute(20, 20)];
      expect(nextBreach(under('30m'), both, START, undefined)).toBeUndefined();
      expect(nextBreach(under('30m'), both.slice(0, 1), START, undefined)).toBe(START + 30 * MINUTE);
    });
  });

  test('of a window ends to the minute: 24 h old do not count', () => {
    const measured = (ms: number) => measure(over, [minute(600, 40)], START + ms, undefined).sent;
    expect([measured(24 * HOUR - 1), measured(24 * HOUR)]).toEqual([600, 0]);
  });
});

test('counters of a minute are kept for as long as the longest rule looks back', () => {
  const rule = railOf({ metric: 'open', scope: 'journey', under: 0.1, within: '7d', matureAfter: '30d', do: 'alert' });
  const [sent] = eventsUntil(
    [
      {
        ...{ channel: 'email', sentAt: START, generation: 0, unlinked: false },
        ...{ unsubscribed: undefined, opened: undefined, clicked: undefined },
      },
    ],
    START,
  );
  if (sent === undefined) throw new Error('it was sent');
  const [sum] = sumUp([sent], [], { guardrails: [rule] }).filter(({ scope }) => scope === cohortKey('journey:wake', 0));
  expect((sum?.expiresAt ?? 0) * 1000).toBeGreaterThan(START + lookBackMs(rule));
});

test('a baseline is taken of whole days and of all generations', () => {
  const rule = railOf({ metric: 'open', scope: 'journey', underBaseline: 0.05, do: 'alert' });
  const event = (metric: string, generation: number): MetricEvent => ({
    at: START,
    sentAt: START,
    of: 'message',
    metric,
    interest: 'first',
    generations: { channel: 0, source: generation },
    dimensions: { journey: 'wake', channel: 'email' },
  });
  const sums = sumUp([event('sent', 0), event('sent', 1), event('opened', 1)], [], { guardrails: [rule] });
  const days = itemsOf(sums, daysKey('journey:wake'));
  expect(days).toEqual([{ sk: `${utcDay(START)}#email`, counts: { s: 2, o: 1 } }]);
  expect(baselineOf(days, 'open')).toEqual({ sent: 2, did: 1 });
  const kept = sums.find(({ scope }) => scope === daysKey('journey:wake'))?.expiresAt ?? 0;
  expect(kept * 1000).toBeGreaterThan(START + durationMs('28d') + withinMs(rule));
});

test('scopes are read from their names, and from those of their counters', () => {
  expect(guardScopeOf('channel:sms')).toEqual({
    kind: 'channel',
    id: 'sms',
    name: 'channel:sms',
    owner: 'channel:sms',
  });
  expect(guardScopeOf('journey:wake')).toMatchObject({ kind: 'journey', id: 'wake', owner: 'journey:wake' });
  expect(guardScopeOf('journey:wake:a:b')).toMatchObject({ kind: 'node', id: 'wake:a:b', owner: 'journey:wake' });
  expect(guardScopeOf('template:t')).toBeUndefined();
  expect(watchedIn(cohortKey('journey:wake:a', 3))).toBe('journey:wake:a');
  expect([watchedIn(daysKey('journey:wake')), watchedIn('journey:wake')]).toEqual([undefined, undefined]);
});
