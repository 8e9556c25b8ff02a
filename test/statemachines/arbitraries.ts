import fc from 'fast-check';
import { type Journey, JourneySchema } from '../../core/journeys/schema.ts';

type Node = Record<string, unknown> & { type: string };
/** Draws the id of a node that a way leads to. */
type Target = fc.Arbitrary<string>;

const durations = fc.constantFrom('1s', '90m', '48h', '300d', '4000d');
const untils = fc.constantFrom<unknown>(
  { sinceEntry: '72h' },
  { time: '10:00', days: ['mon'] },
  { trait: 'birthday', offset: '-3d', time: '09:00', every: 'year' },
);
const condition = fc.constantFrom({ tag: 'vip' }, { data: 'a', eq: 1 }, { event: 'E', since: 'entry' });

/** Nodes by type; `on` are nodes behind this one, `any` may also lead back (a circle needs a way that takes time). */
const nodes = (on: Target, any: Target): fc.Arbitrary<Node>[] => [
  on.map((next) => ({ type: 'send', template: 't', next })),
  fc.record({ type: fc.constant('wait'), for: durations, next: on }),
  fc.record({ type: fc.constant('wait'), until: untils, next: on }),
  fc.record({
    type: fc.constant('wait-for'),
    timeout: fc.oneof(durations, untils),
    onTimeout: on,
    for: fc.array(
      any.map((next) => ({ event: 'E', next })),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('task'),
    queue: fc.constant('q'),
    title: fc.constant('t'),
    await: fc.record({ timeout: durations, outcomes: any.map((next) => ({ won: next })), onTimeout: on }),
  }),
  on.map((next) => ({ type: 'task', queue: 'q', title: 't', next })),
  fc.record({
    type: fc.constant('branch'),
    cases: fc.array(fc.record({ if: condition, next: on }), { minLength: 1, maxLength: 3 }),
    default: on,
  }),
  fc.record({
    type: fc.constant('split'),
    ways: fc.tuple(on, on).map(([a, b]) => [
      { name: 'a', weight: 1, next: a },
      { name: 'b', weight: 1, next: b },
    ]),
  }),
  fc.record({ type: fc.constant('coupon'), pool: fc.constant('p'), next: on, onEmpty: on }),
];

const targetsOf = (node: unknown): string[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === 'string' && ['next', 'default', 'onTimeout', 'onEmpty', 'won'].includes(key)
      ? [value]
      : targetsOf(value),
  );
};

function reached(all: Record<string, Node>, start: string): Record<string, Node> {
  const seen: Record<string, Node> = {};
  const visit = (id: string) => {
    const node = all[id];
    if (node === undefined || seen[id] !== undefined) return;
    seen[id] = node;
    targetsOf(node).forEach(visit);
  };
  visit(start);
  return seen;
}

/** Some of the names would break a careless compiler. */
const idOf = (index: number): string =>
  ['start', 'done', 'next', 'choice', 'default'][index] ?? `${index}`.padEnd(63, 'x');

/** Journeys that can be submitted: every node can be reached and leads to an end, and every loop has a wait. */
export const journeys: fc.Arbitrary<Journey> = fc.integer({ min: 1, max: 14 }).chain((size) => {
  const ids = Array.from({ length: size + 1 }, (_, index) => idOf(index));
  const any = fc.constantFrom(...ids);
  const drawn = ids.slice(0, -1).map((_, index) => fc.oneof(...nodes(fc.constantFrom(...ids.slice(index + 1)), any)));
  return fc.tuple(...drawn).map((list) => {
    const all = Object.fromEntries([...list, { type: 'end' } as Node].map((node, index) => [idOf(index), node]));
    return JourneySchema.parse({ name: 'Random', entry: { event: 'E' }, start: idOf(0), nodes: reached(all, idOf(0)) });
  });
});

/** Next targets of a node, read from the definition alone: the compiler's own reading is not used to test it. */
export const waysOf = targetsOf;
