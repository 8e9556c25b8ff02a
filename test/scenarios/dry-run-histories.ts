import { durationMs } from '../../core/time/duration.ts';

type Json = Record<string, unknown>;

/** Numbers from a seed (mulberry32): the same histories in every run. */
export function dice(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const one = <Item>(...items: Item[]): Item => items[below(items.length)] as Item; // never empty
  return { below, one, chance: (share: number): boolean => next() < share };
}
type Dice = ReturnType<typeof dice>;

/** Something that happens to a customer, in the form of `simulate`. */
export type Happening = { after: string } & (
  | { event: string; properties?: Json; context?: Json }
  | { message: string; was: 'clicked' }
  | { task: string; outcome: string }
  | { traits: Json }
);

/** A customer before the first event, and what happens to them. */
export interface History {
  userId: string;
  journey: string;
  identify: { traits: Json; context: Json };
  /** An event long ago. */
  past?: { event: string; ago: string };
  events: Happening[];
}

function customer(random: Dice, userId: string): Pick<History, 'userId' | 'identify'> {
  const device = random.chance(0.6) ? { device: { type: 'ios', token: `token-${userId}` } } : {};
  const said = { push: random.chance(0.85), sms: random.chance(0.75) };
  const consent = { consent: { categoryPreferences: said } };
  const phone = random.chance(0.8) ? { phone: '+8613800138000' } : {};
  const traits = { ...phone, ...(random.chance(0.5) ? { name: 'Lin' } : {}), level: random.one('gold', 'iron') };
  return { userId, identify: { traits, context: { ...device, ...consent } } };
}

/** So many different instants, one event at each; `entry` at the first. */
function events(random: Dice, entry: Omit<Happening, 'after'>, others: ((random: Dice) => Omit<Happening, 'after'>)[]) {
  const instants = new Set<number>();
  for (let left = random.below(5); left > 0; left -= 1) instants.add(random.one(...HOURS));
  const later = [...instants]
    .sort((a, b) => a - b)
    // One of the alternatives, with its instant; traits never at the instant of an `update`, where the arrival would decide.
    .map((hour) => ({ hour, happening: random.one(...others)(random) }))
    .map(
      ({ hour, happening }) =>
        ({ after: `${60 * hour + ('traits' in happening ? 1 : 0)}m`, ...happening }) as Happening,
    );
  return [{ after: '0s', ...entry } as Happening, ...later];
}

/** Few, for each costs the real cloud a settling; some of them are timers' own. */
const HOURS = [1, 5, 20, 23, 24, 25, 30, 36, 47, 48, 50, 71, 72, 80, 100, 121, 170, 200, 222, 250];

const noMore = (random: Dice) => ({
  event: 'Segment Consent Preference Updated',
  context: { consent: { categoryPreferences: { [random.one('push', 'sms')]: random.chance(0.3) } } },
});

export function newCustomer(random: Dice, userId: string): History {
  const clicked = () => ({ message: 'tutorial', was: 'clicked' as const });
  const others = [clicked, noMore, () => ({ event: 'Logged In' }), () => ({ event: 'Signed Up' })];
  const past = random.chance(0.3) ? { event: 'Logged In', ago: random.one('40d', '707h', '10d') } : undefined;
  return {
    ...customer(random, userId),
    journey: 'new-customer',
    ...(past ? { past } : {}),
    events: events(random, { event: 'Signed Up' }, [...others, () => ({ traits: { phone: '+8613900139000' } })]),
  };
}

export function abandonedCart(random: Dice, userId: string): History {
  const cart = () => ({ cart_id: random.one('c1', 'c2') });
  const others = [
    () => ({ message: random.one('remind', 'last-call'), was: 'clicked' as const }),
    noMore,
    () => ({ event: 'Order Completed', properties: { ...cart(), total: 300 } }),
    () => ({ event: 'Product Added', properties: cart() }),
    () => ({ event: 'Product Added', properties: {} }),
  ];
  const entry = { event: 'Product Added', properties: { cart_id: 'c1' } };
  return { ...customer(random, userId), journey: 'cart-abandoned', events: events(random, entry, others) };
}

/** Names that a random journey's nodes and its customers' events share. */
const NAMES = ['Viewed', 'Ordered', 'Asked'];

export function walked(random: Dice, userId: string, journey: string, nodes: Record<string, Json>): History {
  const ids = (type: string) => Object.keys(nodes).filter((id) => nodes[id]?.type === type);
  const named = () => ({ event: random.one(...NAMES), properties: { n: random.below(4), same: random.one('x', 'y') } });
  const others = [
    named,
    named,
    () => ({ traits: { level: random.one('gold', 'iron', null) } }),
    noMore,
    ...ids('send').map((message) => () => ({ message, was: 'clicked' as const })),
    ...ids('task').map((task) => () => ({ task, outcome: random.one('won', 'lost') })),
    () => ({ event: `Start ${journey}`, properties: { n: 1, same: 'x' } }),
  ];
  const entry = { event: `Start ${journey}`, properties: { n: random.below(4), same: random.one('x', 'y') } };
  return { ...customer(random, userId), journey, events: events(random, entry, others) };
}

/** A journey of blocks, each some nodes and a rest, so that no two messages are sent at one instant. */
export function randomJourney(random: Dice, id: string): Json & { nodes: Record<string, Json> } {
  const nodes: Record<string, Json> = {};
  const blocks = 3 + random.below(2);
  const first = (block: number): string => (block < blocks ? `b${block}-0` : 'done');
  const onward = (block: number): string => first(Math.min(blocks, block + 1 + random.below(2)));
  const condition = (): Json =>
    random.one<Json>(
      { trait: 'level', eq: 'gold' },
      { tag: 'met' },
      { data: 'n', gte: 2 },
      { event: random.one(...NAMES), since: 'entry' },
      { event: 'Viewed', where: { n: { gte: 1 } }, within: '3d', count: { gte: 2 } },
      { not: { trait: 'phone', exists: true } },
      { any: [{ tag: 'sleeping' }, { event: 'Ordered', last: { newerThan: '2d' } }] },
    );
  for (let block = 0; block < blocks; block += 1) {
    const name = (index: number): string => `b${block}-${index}`;
    const passed = passing(random, name(1), onward(block), condition, block);
    nodes[name(0)] = passed;
    nodes[name(1)] = resting(random, onward(block), first(block + 1));
  }
  nodes.done = { type: 'end', outcome: 'walked' };
  const exit = random.chance(0.7) ? { exit: [{ event: 'Ordered', same: 'same', outcome: 'ordered' }] } : {};
  const caps = random.chance(0.5) ? { caps: [{ max: 2, within: '4d' }] } : {};
  const reached = withoutUnreached(nodes, 'b0-0');
  const reentry = random.one<unknown>('never', 'always', { after: '3d' });
  return {
    name: id,
    owner: 'test',
    entry: { event: `Start ${id}` },
    reentry,
    ...exit,
    ...caps,
    start: 'b0-0',
    nodes: reached,
  };
}

function passing(random: Dice, next: string, other: string, condition: () => Json, block: number): Json {
  return random.one<() => Json>(
    () => ({ type: 'send', template: 'news', channels: random.one(['push', 'sms'], ['sms'], ['push']), next }),
    () => ({ type: 'send', template: 'news', channels: ['sms', 'push'], next }),
    () => ({
      type: 'branch',
      cases: [
        { if: condition(), next: other },
        { if: condition(), next },
      ],
      default: next,
    }),
    () => ({
      type: 'split',
      ways: [
        { name: 'a', weight: 50, next },
        { name: 'b', weight: 50, next: other },
      ],
    }),
    () => ({ type: 'update', traits: { [`t${block}`]: '{{ data.n }}', level: 'iron' }, addTags: ['met'], next }),
    () => ({ type: 'update', removeTags: ['met'], next }),
    () => ({ type: 'coupon', pool: 'pool', next, onEmpty: other }),
    () => ({ type: 'task', queue: 'q', title: 'For {{ profile.name | default: "nobody" }}', next }),
  )();
}

function resting(random: Dice, next: string, other: string): Json {
  return random.one<() => Json>(
    () => ({ type: 'wait', for: random.one('1h', '30h', '90m', '2d'), next }),
    () => ({ type: 'wait', until: random.one<Json>({ time: '10:00' }, { time: '09:30', days: ['wed', 'sat'] }), next }),
    () => ({
      type: 'wait-for',
      timeout: random.one('20h', '3d'),
      onTimeout: other,
      since: random.one('here', 'entry'),
      for: [
        { event: random.one(...NAMES), where: { n: { gte: 1 } }, as: 'seen', next },
        { tag: 'met', on: 'added', next: other },
      ],
    }),
    () => ({
      type: 'task',
      queue: 'q',
      title: 'Call',
      await: { timeout: '40h', outcomes: { won: next, lost: other }, onTimeout: other },
    }),
  )();
}

function withoutUnreached(nodes: Record<string, Json>, start: string): Record<string, Json> {
  const seen = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string' && nodes[value] !== undefined && !seen.has(value)) {
      seen.add(value);
      visit(nodes[value]);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(start);
  return Object.fromEntries(Object.entries(nodes).filter(([id]) => seen.has(id)));
}

/** Every instant at which something happens to a customer, from the first. */
export function instantsOf(histories: readonly History[]): number[] {
  const all = new Set(histories.flatMap(({ events: list }) => list.map(({ after }) => durationMs(after))));
  return [...all].sort((a, b) => a - b);
}
