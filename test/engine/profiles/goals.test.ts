import { describe, expect, test } from 'vitest';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { emptyActivity, type OpenRun } from '../../../core/profiles/activity.ts';
import type { CountedSends } from '../../../core/profiles/counted-sends.ts';
import { goalsReached } from '../../../engine/profiles/goals.ts';

const AT = Date.parse('2026-11-02T02:00:00Z');
const HOUR = 3_600_000;

let count = 0;
const event = (name: string, hours: number, properties: Record<string, unknown> = {}): CairnEvent => {
  count += 1;
  const at = AT + hours * HOUR;
  return { id: `m${count}`, type: 'track', name, at, receivedAt: at, index: 0, properties, key: 'server' };
};
const order = (id: string, total: number, hours = 2, more = {}) =>
  event('Order Completed', hours, { order_id: id, total, ...more });
const refund = (id: string, total: number, hours = 3) => event('Order Refunded', hours, { order_id: id, total });

const goal = { event: 'Order Completed', within: '24h' };
const campaign = { id: 'spring', version: 1, pins: {}, definition: { goal, template: 'spring' } };
const journey = {
  id: 'wake',
  version: 3,
  pins: {},
  definition: { goal, nodes: { remind: { type: 'send', template: 'wake-up', next: 'done' }, done: { type: 'end' } } },
};
const run = { entry: 'e1', journey: 'wake', version: 2, key: '', at: AT - HOUR, profile: 'p', data: {}, visits: {} };
const snapshotWith = (definitions: object): Snapshot => ({ ...emptySnapshot(), ...definitions });

/** Commits these lots of events one after the other. */
async function committed(definitions: object, lots: CairnEvent[][], sends: CountedSends = {}, key = 'p', runs = [run]) {
  const calls: string[] = [];
  const timeline: CairnEvent[] = [];
  const published: MetricEvent[] = [];
  const open = 'journeys' in definitions ? runs : [];
  const openRuns: Record<string, OpenRun> = Object.fromEntries(open.map((one) => [`wake#${one.key}`, { ...one }]));
  let lastAt = AT - HOUR;
  for (const fresh of lots) {
    timeline.push(...fresh);
    const deps = {
      profiles: {
        readSends: async () => {
          calls.push('sends');
          return sends;
        },
        history: async (_key: string, { names }: { names?: ReadonlySet<string> }) => {
          calls.push('history');
          return { events: timeline.filter(({ name }) => names?.has(name ?? '')), places: new Map() };
        },
      },
      runs: {
        byJourneyOf: async () => ({ entries: [] }),
        get: async (entry: string) => runs.find((one) => one.entry === entry),
      },
    };
    const input = {
      key,
      profile: undefined,
      entered: [],
      turned: [],
      snapshot: snapshotWith(definitions),
      now: AT + 99 * HOUR,
    };
    published.push(
      // Only these ports are used.
      ...(await goalsReached(deps as never, { ...input, fresh, activity: { ...emptyActivity(), openRuns, lastAt } })),
    );
    lastAt = Math.max(lastAt, ...fresh.map(({ at }) => at));
  }
  return { published, calls };
}
const byMark = (published: readonly MetricEvent[], metric: string) => [
  ...new Map(published.filter((one) => one.metric === metric).map((one) => [one.once, one])).values(),
];
const revenue = (published: readonly MetricEvent[]) =>
  byMark(published, 'revenue').reduce((sum, { amount = 0 }) => sum + amount, 0);

describe('a campaign’s goal', () => {
  const sends: CountedSends = { aaaaaaaa: { at: AT, channel: 'sms', source: 'campaign:spring', node: 'one' } };
  const of = { campaigns: [campaign] };

  test('has every order in time, each once, as a part of the sending', async () => {
    const first = order('1', 10.5);
    const { published } = await committed(of, [[first], [order('1', 10.5), order('2', 7)], [order('3', 5, 25)]], sends);
    expect(byMark(published, 'converted')).toHaveLength(1);
    expect(byMark(published, 'revenue').map(({ amount, order: key }) => [key, amount])).toEqual([
      ['1', 1050],
      ['2', 700],
    ]);
    expect(published.find(({ metric }) => metric === 'revenue')).toMatchObject({
      of: 'message',
      at: first.at,
      sentAt: AT,
      profile: 'p',
      currency: 'CNY',
      dimensions: { campaign: 'spring', occurrence: 'one', channel: 'sms', template: 'spring' },
    });
  });

  test.each([
    ['after it', [[order('1', 100)], [refund('1', 30)], [refund('1', 90, 4)]], 0],
    ['before it came', [[refund('1', 30)], [order('1', 100)]], 7000],
    ['with it', [[order('1', 100), refund('1', 30)]], 7000],
    ['out of order', [[order('1', 100)], [refund('1', 90, 4)], [refund('1', 30)]], 0],
    ['without it', [[refund('1', 30)]], 0],
    ['of another order', [[order('1', 100)], [refund('2', 30)]], 10_000],
  ])('has less by what was given back %s', async (_when, lots, left) => {
    expect(revenue((await committed(of, lots, sends)).published)).toBe(left);
  });

  test('has an order once, by the last of the occurrences that were sent before it', async () => {
    const { aaaaaaaa } = sends;
    const weekly = { aaaaaaaa, bbbbbbbb: { ...aaaaaaaa, at: AT + HOUR, node: 'two' } } as CountedSends;
    const { published } = await committed(of, [[order('1', 100)], [refund('1', 30)]], weekly);
    expect(byMark(published, 'converted')).toHaveLength(2);
    expect(byMark(published, 'revenue').map(({ amount, dimensions }) => [dimensions.occurrence, amount])).toEqual([
      ['two', 10_000],
      ['two', -3000],
    ]);
  });

  test('has an order once, though two of its recipients tell it', async () => {
    const theirs = { bbbbbbbb: sends.aaaaaaaa } as CountedSends;
    const one = await committed(of, [[order('1', 100)]], sends);
    const other = await committed(of, [[order('1', 100)]], theirs, 'q');
    const published = [...one.published, ...other.published];
    expect(byMark(published, 'converted')).toHaveLength(2);
    expect(revenue(published)).toBe(10_000);
  });

  test('reads nothing for an event that is no goal', async () => {
    expect((await committed(of, [[event('Signed Up', 2)]], sends)).calls).toEqual([]);
    expect((await committed(of, [[order('1', 10)]], sends)).calls).toEqual(['sends']);
    expect((await committed({}, [[order('1', 10)], [refund('1', 1)]], sends)).calls).toEqual([]);
  });
});

describe('a run’s goal', () => {
  const sends: CountedSends = {
    aaaaaaaa: { at: AT, channel: 'sms', source: 'journey:wake', node: 'remind' },
    bbbbbbbb: { at: AT + 9 * HOUR, channel: 'push', source: 'journey:wake', node: 'remind' },
  };

  test('belongs to the last message before it, with the money that it brought', async () => {
    const { published } = await committed({ journeys: [journey] }, [[order('1', 10)], [order('2', 5, 3)]], sends);
    const dimensions = { journey: 'wake', version: 2, channel: 'sms', node: 'remind', template: 'wake-up' };
    expect(byMark(published, 'goal')).toMatchObject([{ run: 'e1', sentAt: AT, profile: 'p', dimensions }]);
    expect(byMark(published, 'revenue')).toMatchObject([
      { amount: 1000, order: '1', run: 'e1', sentAt: AT, dimensions },
      { amount: 500, order: '2', dimensions },
    ]);
  });

  test('names the template that was sent, though the node has another one now', async () => {
    const sent = { aaaaaaaa: { ...sends.aaaaaaaa, template: 'wake-up-1', version: 2 } } as CountedSends;
    const { published } = await committed({ journeys: [journey] }, [[order('1', 10)]], sent);
    for (const { dimensions } of published) expect(dimensions).toMatchObject({ template: 'wake-up-1', version: 2 });
    expect(published).toHaveLength(2);
  });

  test('of two runs that an order is the goal of has its revenue once, by the newer', async () => {
    const newer = { ...run, entry: 'e2', key: 'cart-2', at: AT - HOUR / 2 };
    const { published } = await committed({ journeys: [journey] }, [[order('1', 10)]], {}, 'p', [run, newer]);
    expect(byMark(published, 'goal').map((one) => one.run)).toEqual(['e2', 'e1']);
    expect(published.filter(({ metric }) => metric === 'revenue').map((one) => [one.run, one.amount])).toEqual([
      ['e2', 1000],
    ]);
  });

  test('without a message belongs to its own day', async () => {
    const { published } = await committed({ journeys: [journey] }, [[order('1', 10)]]);
    expect(byMark(published, 'goal')[0]).not.toHaveProperty('sentAt');
    expect(revenue(published)).toBe(1000);
  });
});
