import fc from 'fast-check';
import type { CairnEvent } from '../../../core/events/event.ts';
import { DAY, NOW } from './builders.ts';

/** Random conditions and histories in which instants, windows and bounds often coincide exactly. */
const HOUR = 3_600_000;

const durations = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('12h', '1d', '3d', '5d', '1w', '10d', '15d', '20d', '30d') },
  { weight: 1, arbitrary: fc.constantFrom('1m', '400d') },
);
/** Distance of a date: past or future. */
const agesOrAhead = fc.oneof(
  { weight: 3, arbitrary: durations },
  durations.map((duration) => `-${duration}`),
);
/** Mostly on a grid of six hours, sometimes a millisecond or a minute beside it, or as long ago as the longest window. */
const instants = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 40 }) },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 130 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1590, max: 1610 }) },
    ),
    fc.constantFrom(0, 0, 0, 0, 0, -1, 1, -60_000),
  )
  .map(([steps, beside]) => Math.min(NOW, NOW - steps * 6 * HOUR + beside));

const quarters = fc.integer({ min: -8, max: 40 }).map((n) => n / 4);
const cities = fc.constantFrom('Shanghai', 'Beijing', 'Sha', '');
const days = fc.constantFrom(
  '2026-11-23',
  '2026-11-24',
  '2026-11-28',
  '2026-12-01',
  '2000-02-29',
  '1999-12-31',
  '2027-01-01',
);
const dates = fc.oneof(
  days,
  instants.map((at) => new Date(at).toISOString()),
);
const scalars = fc.oneof(quarters, cities, fc.boolean(), dates);
const values = fc.oneof(
  { weight: 5, arbitrary: scalars },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.array(scalars, { maxLength: 3 }) },
);

export const traits = fc.record(
  {
    city: values,
    score: fc.oneof(quarters, values),
    createdAt: fc.oneof(dates, dates, fc.array(dates, { maxLength: 2 }), scalars),
    birthday: fc.oneof(days, dates, scalars),
    home: fc.record({ city: values, rooms: fc.array(fc.record({ m2: quarters }), { maxLength: 3 }) }),
  },
  { requiredKeys: [] },
);

const TRAIT_PATHS = ['city', 'score', 'createdAt', 'birthday', 'home.city', 'home.rooms.m2', 'nothing'];

const properties = fc.record(
  {
    total: fc.oneof({ weight: 4, arbitrary: quarters }, values),
    city: cities,
    items: fc.array(fc.record({ price: quarters, kind: cities }), { maxLength: 3 }),
    template: fc.constantFrom('promo', 'other'),
    channel: fc.constantFrom('email', 'email', 'sms'),
    messageId: fc.constantFrom('m1', 'm2', 'm3', 'm4'),
    machine: fc.constantFrom(true, false, false),
    journey: fc.constantFrom('wake', 'quote'),
    outcome: fc.constantFrom('woken', 'lost'),
  },
  { requiredKeys: ['total', 'city', 'items', 'template', 'channel', 'messageId', 'journey', 'outcome'] },
);

const names = fc.constantFrom(
  'A',
  'A',
  'A',
  'B',
  'B',
  'C',
  'Message Opened',
  'Message Opened',
  'Message Clicked',
  'Message Sent',
  '@run-ended',
);

export const histories: fc.Arbitrary<CairnEvent[]> = fc
  .array(fc.record({ name: names, at: instants, properties, path: fc.constantFrom('/p/1', '/q') }), {
    minLength: 3,
    maxLength: 16,
    size: 'max',
  })
  .map((events) =>
    events.map(({ name, at, properties: own, path }, index) => ({
      id: `e${index}`,
      type: 'track' as const,
      name,
      at,
      receivedAt: at,
      index,
      properties: own,
      context: { page: { path } },
      key: 'server' as const,
    })),
  );

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
/** An object without its absent fields, and with at least `extra` where it would be empty. */
const compact = (fields: Record<string, unknown>, otherwise: Record<string, unknown>): Record<string, unknown> => {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : otherwise;
};

/** Two operators at most, of every kind. */
function comparisons(operand: fc.Arbitrary<unknown>, relative: boolean, references: fc.Arbitrary<unknown>[]) {
  const orReference = (plain: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary: plain }, ...references);
  const ordered = orReference(fc.oneof(quarters, dates, cities));
  const list = orReference(fc.array(operand, { minLength: 1, maxLength: 3 }));
  const operators: [string, fc.Arbitrary<unknown>][] = [
    ...(['eq', 'ne', 'contains'] as const).map((name): [string, fc.Arbitrary<unknown>] => [name, orReference(operand)]),
    ...(['gt', 'gte', 'lt', 'lte'] as const).map((name): [string, fc.Arbitrary<unknown>] => [name, ordered]),
    ['in', list],
    ['notIn', list],
    ['startsWith', orReference(cities)],
    ['exists', fc.boolean()],
  ];
  const toNow: [string, fc.Arbitrary<unknown>][] = [
    ['olderThan', agesOrAhead],
    ['newerThan', agesOrAhead],
  ];
  const all = relative ? [...operators, ...toNow, ...toNow] : operators;
  const single = fc.oneof(...all.map(([name, arbitrary]) => arbitrary.map((value) => ({ [name]: value }))));
  return fc.tuple(single, maybe(single)).map(([first, second]) => ({ ...second, ...first }));
}

function numerics(references: fc.Arbitrary<unknown>[], numbers: fc.Arbitrary<number>) {
  const operand = fc.oneof({ weight: 6, arbitrary: numbers }, ...references);
  const single = fc.oneof(
    ...['eq', 'ne', 'gt', 'gte', 'gte', 'lt', 'lte'].map((name) => operand.map((value) => ({ [name]: value }))),
    fc.array(numbers, { minLength: 1, maxLength: 2 }).map((list) => ({ in: list })),
    fc.array(numbers, { minLength: 1, maxLength: 2 }).map((list) => ({ notIn: list })),
  );
  return fc.tuple(single, maybe(single)).map(([first, second]) => ({ ...second, ...first }));
}

const traitReference = fc.constantFrom(...TRAIT_PATHS).map((trait) => ({ trait }));
const dataReference = fc.constantFrom('city', 'answer.score', 'nothing').map((data) => ({ data }));
const within = fc.oneof({ weight: 8, arbitrary: durations }, fc.constantFrom('ever', undefined));
const of = fc.constantFrom('total', 'items.price', 'city', 'nothing');
const eventNames = fc.oneof(
  fc.constantFrom('A', 'A', 'A', 'B', 'Message Opened'),
  fc.constantFrom(['A', 'B'], ['B', 'A'], ['C', 'A', 'A']),
);

type Scope = 'rule' | 'journey';

function eventLeaf(scope: Scope) {
  const references = scope === 'journey' ? [traitReference, dataReference] : [];
  const figures = scope === 'journey' ? [traitReference, dataReference] : [traitReference];
  const property = fc.oneof(scalars, comparisons(scalars, false, references));
  const where = fc.oneof(
    property.map((city) => ({ city })),
    property.map((total) => ({ total })),
    comparisons(quarters, false, references).map((price) => ({ 'items.price': price })),
    fc.tuple(cities, property).map(([city, total]) => ({ city: { ne: city }, total })),
    fc.constant({ '@context.page.path': { startsWith: '/p' } }),
  );
  const aggregate = fc.tuple(of, numerics(figures, quarters)).map(([path, rest]) => ({ of: path, ...rest }));
  const counts = numerics(figures, fc.integer({ min: 0, max: 6 }));
  const base = fc
    .record({ event: eventNames, where: fc.option(where, { nil: undefined, freq: 2 }) })
    .map((fields) => compact(fields, {}));
  const window =
    scope === 'journey'
      ? fc.oneof(
          within.map((duration) => compact({ within: duration }, {})),
          fc.constantFrom({ since: 'entry' }, { since: 'remind' }, { since: 'nowhere' }),
        )
      : within.map((duration) => compact({ within: duration }, {}));
  const measure = fc.oneof(
    fc.constant({}),
    counts.map((count) => ({ count })),
    ...['sum', 'avg', 'min', 'max', 'distinct'].map((name) => aggregate.map((one) => ({ [name]: one }))),
    fc.tuple(counts, aggregate).map(([count, avg]) => ({ count, avg })),
  );
  const last = fc
    .record({ olderThan: maybe(durations), newerThan: maybe(durations) })
    .map((fields) => ({ last: compact(fields, { olderThan: '3d' }) }));
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(base, window, measure).map((parts) => compact(Object.assign({}, ...parts), {})) },
    { weight: 1, arbitrary: fc.tuple(base, last).map((parts) => Object.assign({}, ...parts)) },
  );
}

function traitLeaf(scope: Scope) {
  const references = scope === 'journey' ? [traitReference, dataReference] : [traitReference];
  const comparison = comparisons(scalars, true, references);
  return fc.tuple(fc.constantFrom(...TRAIT_PATHS), comparison).map(([trait, rest]) => ({ trait, ...rest }));
}

/** Conditions that a marketer would write: types that match, bounds within reach. The other arbitraries cover everything else. */
function plausibleLeaf() {
  const bounds = (low: number, high: number) =>
    fc
      .tuple(fc.constantFrom('gte', 'gte', 'gt', 'lt', 'lte', 'eq', 'ne'), fc.integer({ min: low, max: high }))
      .map(([name, bound]) => ({ [name]: bound }));
  const amount = fc.constantFrom('total', 'items.price');
  const base = fc.oneof(
    fc.record({ event: eventNames, within: durations }),
    fc.record({ event: eventNames, within: durations, where: cities.map((city) => ({ city: { ne: city } })) }),
    fc.record({ event: eventNames, within: durations, where: fc.constant({ total: { gte: 2 } }) }),
  );
  const measure = fc.oneof(
    bounds(1, 4).map((count) => ({ count })),
    fc.tuple(amount, bounds(3, 20)).map(([path, bound]) => ({ sum: { of: path, ...bound } })),
    fc
      .tuple(amount, bounds(1, 8), fc.constantFrom('avg', 'min', 'max'))
      .map(([path, bound, name]) => ({ [name]: { of: path, ...bound } })),
    fc
      .tuple(fc.constantFrom('city', 'messageId'), bounds(1, 4))
      .map(([path, bound]) => ({ distinct: { of: path, ...bound } })),
  );
  const age = fc
    .tuple(fc.constantFrom('olderThan', 'newerThan'), durations)
    .map(([name, duration]) => ({ [name]: duration }));
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(base, measure).map(([asked, bound]) => ({ ...asked, ...bound })) },
    fc.tuple(eventNames, age).map(([event, last]) => ({ event, last })),
    age.map((bound) => ({ trait: 'createdAt', ...bound })),
    bounds(0, 9).map((bound) => ({ trait: 'score', ...bound })),
  );
}

const anniversaryLeaf = fc
  .constantFrom('0d', '1d', '3d', '7d')
  .map((anniversaryWithin) => ({ trait: 'birthday', anniversaryWithin }));

const ownLeaves = [
  fc.record({
    template: fc.constantFrom('promo', 'other'),
    was: fc.constantFrom('sent', 'delivered', 'opened', 'clicked', 'bounced'),
    within,
  }),
  fc.constant({ fatigued: 'email' }),
  fc.record({ journey: fc.constant('wake'), ended: fc.constantFrom('woken', 'lost'), within }),
].map((leaf) => (leaf as fc.Arbitrary<Record<string, unknown>>).map((fields) => compact(fields, {})));

export function leaves(scope: Scope): fc.Arbitrary<Record<string, unknown>> {
  const dataLeaf = fc
    .tuple(
      fc.constantFrom('city', 'answer.score', 'answer.at', 'nothing'),
      comparisons(scalars, true, [traitReference]),
    )
    .map(([data, rest]) => ({ data, ...rest }));
  return fc.oneof(
    { weight: 9, arbitrary: plausibleLeaf() },
    { weight: 4, arbitrary: eventLeaf(scope) },
    { weight: 2, arbitrary: traitLeaf(scope) },
    { weight: 1, arbitrary: anniversaryLeaf },
    ...ownLeaves,
    ...(scope === 'journey' ? [dataLeaf] : []),
  );
}

export function conditions(scope: Scope, more: fc.Arbitrary<Record<string, unknown>>[] = []) {
  const leaf = fc.oneof(leaves(scope), ...more);
  return fc.letrec<{ tree: Record<string, unknown> }>((tie) => {
    const parts = fc.array(tie('tree'), { minLength: 1, maxLength: 3 });
    const branch = fc.oneof(
      parts.map((all) => ({ all })),
      parts.map((any) => ({ any })),
      tie('tree').map((not) => ({ not })),
    );
    return { tree: fc.oneof({ maxDepth: 3 }, { weight: 1, arbitrary: leaf }, { weight: 3, arbitrary: branch }) };
  }).tree;
}

export const runFacts = fc.record({
  at: instants.map((at) => at - 3 * DAY),
  visitedAt: instants,
  data: fc.record({ city: values, answer: fc.record({ score: quarters, at: dates }) }, { requiredKeys: [] }),
});

export const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe');
/** Sometimes a little after the last event, so that folded features are evaluated again later. */
export const delays = fc.constantFrom(0, 0, 1, 60_000, 6 * HOUR, 12 * HOUR - 1, DAY, 3 * DAY, 9 * DAY + 1);
