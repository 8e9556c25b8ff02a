import { emptySnapshot, succeed } from '../../core/catalog/build-snapshot.ts';
import { defaultSettings } from '../../core/catalog/settings.ts';
import type { Rule } from '../../core/catalog/snapshot.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { tagByHand } from '../../core/events/internal.ts';
import { type EpochMs, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import type { ApiCall, Rules } from './sim.ts';

export const START = Date.parse('2026-11-02T01:00:00Z');
export const HOUR = 3_600_000;

const push = (template: string, next: string) => ({ type: 'send', template, channels: ['push'], next });

/** Journeys that between them have every stop, coupons, tasks, exits, keys, circles and re-entry. */
const JOURNEYS = {
  welcome: {
    name: 'Welcome',
    owner: 'growth',
    entry: { event: 'Signed Up' },
    start: 'gift',
    nodes: {
      gift: { type: 'coupon', pool: 'pool', next: 'hello', onEmpty: 'sorry' },
      hello: push('hello', 'rest'),
      sorry: push('sorry', 'rest'),
      rest: { type: 'wait', for: '2h', next: 'used' },
      used: { type: 'branch', cases: [{ if: { coupon: 'gift', was: 'redeemed' }, next: 'thanks' }], default: 'remind' },
      thanks: push('thanks', 'done'),
      remind: push('remind', 'react'),
      react: {
        type: 'wait-for',
        timeout: '3h',
        for: [{ event: 'Answered', as: 'answer', next: 'yes' }],
        onTimeout: 'no',
      },
      yes: push('yes', 'done'),
      no: { type: 'task', queue: 'service', title: 'Call', next: 'done' },
      done: { type: 'end', outcome: 'welcomed' },
    },
  },
  cart: {
    name: 'Cart',
    owner: 'growth',
    entry: { event: 'Product Added', key: 'cart' },
    reentry: { after: '4h' },
    exit: [{ event: 'Order Completed', same: 'cart', outcome: 'ordered' }],
    start: 'rest',
    nodes: {
      rest: { type: 'wait', for: '1h', next: 'first' },
      first: push('first', 'again'),
      again: { type: 'wait', for: '1h', next: 'second' },
      second: push('second', 'done'),
      done: { type: 'end' },
    },
  },
  ask: {
    name: 'Ask',
    owner: 'growth',
    entry: { event: 'Asked', key: 'topic' },
    reentry: 'always',
    exit: [{ event: 'Hung Up', outcome: 'hung-up', addTags: ['rude'] }],
    start: 'reply',
    nodes: {
      reply: {
        type: 'wait-for',
        timeout: '2h',
        for: [{ event: 'Replied', as: 'reply', next: 'yes' }],
        onTimeout: 'no',
      },
      yes: push('yes', 'more'),
      more: {
        type: 'wait-for',
        timeout: '1h',
        for: [{ event: 'Replied', as: 'more', next: 'twice' }],
        onTimeout: 'once',
      },
      twice: push('twice', 'done'),
      once: push('once', 'done'),
      no: push('no', 'done'),
      done: { type: 'end', outcome: 'asked' },
    },
  },
  letters: {
    name: 'Letters',
    owner: 'growth',
    entry: { event: 'Subscribed' },
    exit: [{ tag: 'buyer', on: 'added', outcome: 'bought' }],
    start: 'rest',
    nodes: {
      rest: { type: 'wait', for: '1h', next: 'letter' },
      letter: push('letter', 'longer'),
      longer: { type: 'wait', for: '2h', next: 'another' },
      another: push('another', 'done'),
      done: { type: 'end' },
    },
  },
  club: {
    name: 'Club',
    owner: 'growth',
    entry: { event: 'Applied' },
    reentry: 'always',
    start: 'vip',
    nodes: {
      vip: {
        type: 'wait-for',
        timeout: '2h',
        for: [{ tag: 'vip', on: 'added', next: 'in' }],
        onTimeout: 'out',
      },
      in: push('in', 'done'),
      out: push('out', 'done'),
      done: { type: 'end' },
    },
  },
  service: {
    name: 'Service',
    owner: 'growth',
    entry: { event: 'Complained' },
    start: 'call',
    nodes: {
      call: {
        type: 'task',
        queue: 'service',
        title: 'Call back',
        await: { timeout: '2h', outcomes: { reached: 'sorry', busy: 'later' }, onTimeout: 'missed' },
      },
      sorry: push('sorry', 'done'),
      later: push('later', 'done'),
      missed: push('missed', 'mark'),
      mark: { type: 'update', traits: { unreached: true }, addTags: ['unreached'], next: 'done' },
      done: { type: 'end' },
    },
  },
  chain: {
    name: 'Chain',
    owner: 'growth',
    entry: { event: 'Chained' },
    start: 'mark',
    nodes: {
      mark: { type: 'update', traits: { chained: 'yes' }, addTags: ['vip'], next: 'pause' },
      pause: { type: 'wait', for: '1h', next: 'call' },
      call: { type: 'task', queue: 'service', title: 'Chained', next: 'unmark' },
      unmark: { type: 'update', removeTags: ['vip'], next: 'onward' },
      onward: { type: 'journey', journey: 'ask', key: 'chain', next: 'said' },
      said: push('said', 'done'),
      done: { type: 'end' },
    },
  },
  circle: {
    name: 'Circle',
    owner: 'growth',
    entry: { event: 'Circled' },
    start: 'ping',
    nodes: {
      ping: push('ping', 'stop'),
      stop: { type: 'wait-for', timeout: '1h', for: [{ event: 'Stopped', next: 'done' }], onTimeout: 'ping' },
      done: { type: 'end' },
    },
  },
  patience: {
    name: 'Patience',
    owner: 'growth',
    entry: { event: 'Slept' },
    start: 'rest',
    nodes: {
      rest: { type: 'wait', for: '400d', next: 'call' },
      call: { type: 'wait-for', timeout: '700d', for: [{ event: 'Woken', next: 'awake' }], onTimeout: 'asleep' },
      awake: push('awake', 'done'),
      asleep: push('asleep', 'done'),
      done: { type: 'end' },
    },
  },
  crm: {
    name: 'CRM',
    owner: 'growth',
    entry: { event: 'Deal Won' },
    exit: [{ event: 'Deal Lost', outcome: 'lost' }],
    start: 'tell',
    nodes: {
      tell: {
        type: 'webhook',
        url: 'https://crm.example.com/deals',
        body: { answer: '{{ data.answer }}' },
        next: 'good',
        onError: 'bad',
      },
      good: push('good', 'done'),
      bad: push('bad', 'done'),
      done: { type: 'end' },
    },
  },
  home: {
    name: 'Home',
    owner: 'growth',
    entry: { event: 'Travelled' },
    exit: [{ event: 'Moved', where: { to: { eq: { trait: 'city' } } }, outcome: 'moved' }],
    start: 'back',
    nodes: {
      back: {
        type: 'wait-for',
        timeout: '2h',
        for: [{ event: 'Arrived', where: { at: { eq: { trait: 'city' } } }, next: 'welcome' }],
        onTimeout: 'missed',
      },
      welcome: push('welcome', 'done'),
      missed: push('missed', 'done'),
      done: { type: 'end' },
    },
  },
  buyers: {
    name: 'Buyers',
    owner: 'growth',
    entry: { tag: 'buyer', on: 'added' },
    reentry: { after: '5h' },
    start: 'thanks',
    nodes: { thanks: push('thanks', 'done'), done: { type: 'end' } },
  },
};

const TAGS = {
  buyer: {
    name: 'Buyer',
    layer: 'behaviour',
    owner: 'growth',
    use: 'test',
    if: { event: 'Order Completed', within: '3h' },
  },
  eager: {
    name: 'Eager',
    layer: 'behaviour',
    owner: 'growth',
    use: 'test',
    if: { event: 'Product Added', within: '5h', count: { gte: 2 } },
  },
  vip: { name: 'VIP', layer: 'base', owner: 'growth', use: 'test' },
  rude: { name: 'Rude', layer: 'base', owner: 'growth', use: 'test' },
  unreached: { name: 'Unreached', layer: 'base', owner: 'growth', use: 'test' },
  known: {
    name: 'Known',
    layer: 'base',
    owner: 'growth',
    use: 'test',
    if: { all: [{ tag: 'buyer' }, { trait: 'city', exists: true }] },
  },
};

/** The live rules that every history runs under. */
export function rules(): Rules {
  const journeys: Rules['journeys'] = {};
  for (const [id, sent] of Object.entries(JOURNEYS)) {
    const templates = Object.fromEntries(
      Object.values(sent.nodes).flatMap((node) => ('template' in node ? [[node.template, 1]] : [])),
    );
    journeys[id] = { definition: JourneySchema.parse(sent), pins: { templates, journeys: {} } };
  }
  const tagRules = Object.entries(TAGS)
    .filter(([, sent]) => 'if' in sent)
    .map(([id, sent]): Rule => ({ kind: 'tag', id, version: 1, definition: TagSchema.parse(sent) }));
  const before = emptySnapshot();
  const live = Object.entries(journeys).map(([id, { definition, pins }]) => ({ id, version: 1, definition, pins }));
  const changed = {
    ...before,
    settings: defaultSettings(),
    rules: tagRules,
    journeys: live,
    pools: [{ id: 'pool', redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }] }],
  };
  return {
    snapshot: succeed(before, changed) ?? before,
    pointer: { version: 1, channels: {}, journeys: {} },
    journeys,
  };
}

/** One call of a client or a person. */
export interface Post {
  at: EpochMs;
  message?: EventsMessage;
  group?: string;
  call?: ApiCall;
}

/** What happens in a history. */
export interface History {
  posts: Post[];
  profiles: Record<string, ProfileKey>;
  until: EpochMs;
  /** What happens at one instant ends as some clean run in any order: of whole invocations, or of so many at a time. */
  races?: 'whole' | 'abreast';
  /** What is parked beside a resumption waits for its next look. */
  late?: boolean;
  /** Executions are lost more often than elsewhere, or never: then nothing else takes longer either. */
  abort?: number;
  /** Coupon codes in the pool. */
  codes?: number;
}

/** Builds the calls of one history; ids carry its name. */
class Script {
  readonly posts: Post[] = [];
  private readonly profiles: Record<string, ProfileKey> = {};
  private readonly name: string;
  private count = 0;

  constructor(name: string) {
    this.name = name;
  }

  private key(kind: 'user' | 'anonymous', id: string): ProfileKey {
    const full = `${this.name}-${id}`;
    const key = kind === 'user' ? profileKeyOfUser(full) : profileKeyOfAnonymous(full);
    this.profiles[id] = key;
    return key;
  }

  private event(at: EpochMs, more: Partial<CairnEvent>): CairnEvent {
    this.count += 1;
    return { id: `${this.name}-${this.count}`, type: 'track', at, receivedAt: at, index: 0, key: 'server', ...more };
  }

  private post(kind: 'user' | 'anonymous', id: string, at: EpochMs, events: CairnEvent[], group?: string): this {
    const identity = { kind, id: `${this.name}-${id}` };
    this.posts.push({ at, message: { profile: this.key(kind, id), identity, events }, group });
    return this;
  }

  track(
    kind: 'user' | 'anonymous',
    id: string,
    hours: number,
    name: string,
    properties: Record<string, unknown> = {},
    arrival = hours,
  ): this {
    const event = this.event(START + hours * HOUR, { name, properties });
    return this.post(kind, id, START + arrival * HOUR, [event]);
  }

  /** Several events in one message: what `ingest` made of one request. */
  batch(
    kind: 'user' | 'anonymous',
    id: string,
    arrival: number,
    events: [hours: number, name: string, properties?: Record<string, unknown>][],
  ): this {
    const told = events.map(([hours, name, properties = {}], index) =>
      this.event(START + hours * HOUR, { name, properties, index }),
    );
    return this.post(kind, id, START + arrival * HOUR, told);
  }

  /** A client's repeat of its n-th call. */
  repeat(n: number, hours: number): this {
    const post = this.posts[n];
    if (post) this.posts.push({ ...post, at: START + hours * HOUR });
    return this;
  }

  identify(id: string, hours: number, traits: Record<string, unknown> = {}, from?: string): this {
    const merged = from === undefined ? undefined : { kind: 'anonymous' as const, id: `${this.name}-${from}` };
    const context = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: `token-${id}` } };
    const at = START + hours * HOUR;
    return this.post('user', id, at, [this.event(at, { type: 'identify', traits, context, from: merged })]);
  }

  alias(previous: string, id: string, hours: number): this {
    const at = START + hours * HOUR;
    const from = { kind: 'either' as const, id: `${this.name}-${previous}` };
    return this.post('user', id, at, [this.event(at, { type: 'alias', from })], 'alias');
  }

  tag(id: string, hours: number, tag: string, on = true): this {
    this.count += 1;
    const at = START + hours * HOUR;
    const event = tagByHand(tag, on, 'api', `${this.name}-${this.count}`, at);
    this.posts.push({ at, message: { profile: this.key('user', id), events: [event] } });
    return this;
  }

  call(hours: number, call: ApiCall): this {
    this.posts.push({ at: START + hours * HOUR, call });
    return this;
  }

  until(hours: number, more: Partial<History> = {}): History {
    return { posts: this.posts, profiles: this.profiles, until: START + hours * HOUR, ...more };
  }
}

type Story = (script: Script) => History;

const told: Record<string, Story> = {
  'a newcomer who answers': (script) =>
    script
      .identify('u', 0, { city: 'Shanghai' })
      .track('user', 'u', 0, 'Signed Up')
      .track('user', 'u', 3, 'Answered', { about: 'price' })
      .until(12),
  'another system that takes what it is told': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Deal Won', { answer: 200 }).until(3),
  'another system that refuses what it is told': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Deal Won', { answer: 404 }).until(3),
  'another system that is out of reach': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Deal Won', { answer: 503 }).until(3, { late: true }),
  'an exit while another system is out of reach': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Deal Won', { answer: 0 })
      .track('user', 'u', 0.3, 'Deal Lost')
      .until(3),
  'one who comes home': (script) =>
    script
      .identify('u', 0, { city: 'Wuhan' })
      .track('user', 'u', 0, 'Travelled')
      .track('user', 'u', 0.5, 'Arrived', { at: 'Xiamen' })
      .track('user', 'u', 1, 'Arrived', { at: 'Wuhan' })
      .until(4),
  'one who moves home, seen before the entry': (script) =>
    script
      .identify('u', 0, { city: 'Wuhan' })
      .track('user', 'u', 1, 'Moved', { to: 'Wuhan' })
      .track('user', 'u', 0.5, 'Travelled', {}, 1.2)
      .until(4),
  'a newcomer who says nothing': (script) => script.identify('u', 0).track('user', 'u', 0, 'Signed Up').until(12),
  'two carts, one ordered, one entered again': (script) =>
    script
      .identify('u', 0, { city: 'Beijing' })
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'b' })
      .track('user', 'u', 1.25, 'Order Completed', { cart: 'a', total: 5 })
      .track('user', 'u', 1.3, 'Product Added', { cart: 'a' })
      .track('user', 'u', 6, 'Product Added', { cart: 'a' })
      .until(14),

  // Entries and exits out of order.
  'an order that arrives before its cart': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.75, 'Order Completed', { cart: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' }, 0.8)
      .until(6),
  'a cart and its order in one request': (script) =>
    script
      .identify('u', 0)
      .batch('user', 'u', 0.2, [
        [0.1, 'Product Added', { cart: 'a' }],
        [0.15, 'Order Completed', { cart: 'a' }],
        [0.15, 'Product Added', { cart: 'b' }],
      ])
      .until(6),

  // Merges.
  'a visitor who becomes known while both sides act': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'a' })
      .identify('u', 0.2, { city: 'Shenzhen' })
      .track('user', 'u', 0.4, 'Product Added', { cart: 'b' })
      .identify('u', 0.6, {}, 'x')
      .track('anonymous', 'x', 0.6, 'Product Added', { cart: 'c' })
      .track('user', 'u', 0.6, 'Order Completed', { cart: 'a' })
      .track('anonymous', 'x', 2, 'Order Completed', { cart: 'b' })
      .until(9),
  'two known users of whom one was the other': (script) =>
    script
      .identify('old', 0, { city: 'Xi’an' })
      .track('user', 'old', 0, 'Signed Up')
      .identify('new', 0.1, { plan: 'gold' })
      .alias('old', 'new', 1)
      .track('user', 'old', 1, 'Order Completed', { cart: 'z' })
      .track('user', 'new', 3, 'Answered', { about: 'quality' })
      .until(12),
  'a visitor whose open question comes along': (script) =>
    script
      .track('anonymous', 'x', 0, 'Asked', { topic: 'a' })
      .identify('u', 0.5)
      .identify('u', 1, {}, 'x')
      .track('anonymous', 'x', 1, 'Asked', { topic: 'b' })
      .track('user', 'u', 1.5, 'Replied', { about: 'a' })
      .until(9),
  'a question answered at the instant of the merge': (script) =>
    script
      .track('anonymous', 'x', 0, 'Asked', { topic: 'a' })
      .identify('u', 0.5)
      .track('anonymous', 'x', 1, 'Replied', { about: 'a' })
      .identify('u', 1, {}, 'x')
      .track('user', 'u', 1.5, 'Replied', { about: 'more' })
      .until(9, { races: 'whole' }),
  'a time-out at the instant of the merge': (script) =>
    script
      .track('anonymous', 'x', 0, 'Asked', { topic: 'a' })
      .identify('u', 0.5)
      .track('user', 'u', 0.5, 'Product Added', { cart: 'a' })
      .identify('u', 2, {}, 'x')
      .track('user', 'u', 2, 'Product Added', { cart: 'b' })
      .until(9, { races: 'whole' }),
  'both sides in one journey and key': (script) =>
    script
      .track('anonymous', 'x', 0, 'Asked', { topic: 'a' })
      .identify('u', 0.4)
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Subscribed')
      .track('anonymous', 'x', 0.6, 'Subscribed')
      .identify('u', 1, {}, 'x')
      .track('user', 'u', 1.75, 'Replied')
      .until(9),
  'a visitor who is somebody who is somebody else': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .track('anonymous', 'y', 0, 'Product Added', { cart: 'y' })
      .identify('u', 0.1, { city: 'Suzhou', at: 1 })
      .identify('v', 0.2, { city: 'Wuhan' })
      .track('user', 'u', 0.3, 'Asked', { topic: 'u' })
      .identify('u', 0.5, {}, 'x')
      .identify('v', 0.5, {}, 'y')
      .alias('u', 'v', 0.5)
      .track('anonymous', 'x', 0.5, 'Product Added', { cart: 'z' })
      .track('user', 'u', 0.5, 'Order Completed', { cart: 'q' })
      .track('anonymous', 'x', 1.25, 'Order Completed', { cart: 'y' })
      .until(9),
  'two who claim one visitor': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .identify('u', 0.1)
      .identify('v', 0.1)
      .identify('u', 0.5, {}, 'x')
      .identify('v', 0.5, {}, 'x')
      .track('anonymous', 'x', 0.7, 'Product Added', { cart: 'z' })
      .until(5.5, { races: 'whole' }),
  'each said to be the other': (script) =>
    script
      .identify('u', 0, { city: 'Dalian' })
      .identify('v', 0.1, { city: 'Harbin' })
      .track('user', 'u', 0.2, 'Product Added', { cart: 'u' })
      .track('user', 'v', 0.2, 'Product Added', { cart: 'v' })
      .alias('u', 'v', 0.5)
      .alias('v', 'u', 0.5)
      .track('user', 'u', 0.7, 'Order Completed', { cart: 'v' })
      .until(5.6, { races: 'whole' }),
  'a busy visitor whose client repeats itself a day later': (script) => {
    const many = (from: number, cart: string) =>
      Array.from({ length: 70 }, (_, n): [number, string, Record<string, unknown>] => [
        from + n / 1000,
        n % 7 === 0 ? 'Product Added' : 'Page Viewed',
        { cart },
      ]);
    return script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .batch('anonymous', 'x', 0.1, many(0.01, 'a'))
      .batch('anonymous', 'x', 0.2, many(0.11, 'b'))
      .identify('u', 0.25)
      .batch('user', 'u', 0.3, many(0.21, 'c'))
      .identify('u', 0.5, {}, 'x')
      .repeat(0, 0.5)
      .batch('anonymous', 'x', 0.6, many(0.51, 'd'))
      .repeat(0, 0.7)
      .repeat(1, 0.8)
      .repeat(4, 0.8)
      .track('user', 'u', 0.9, 'Order Completed', { cart: 'x' })
      .until(3);
  },
  'a tag that slides off at the instant of the merge': (script) =>
    script
      .track('anonymous', 'x', 0, 'Order Completed', { cart: 'x' })
      .identify('u', 1, { city: 'Jinan' })
      .track('user', 'u', 2, 'Subscribed')
      .identify('u', 3, {}, 'x')
      .track('user', 'u', 3.5, 'Order Completed', { cart: 'y' })
      .until(9),
  'a tag that slides off at the instant of an event': (script) =>
    script
      .identify('u', 0, { city: 'Nanning' })
      .track('user', 'u', 0, 'Order Completed', { cart: 'x' })
      .track('user', 'u', 0.5, 'Subscribed')
      .track('user', 'u', 3, 'Product Added', { cart: 'y' })
      .track('user', 'u', 3, 'Asked', { topic: 'y' })
      .until(9),
  'a visitor introduced twice at once': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'x' })
      .identify('u', 0.2)
      .track('user', 'u', 0.3, 'Order Completed', { cart: 'y' })
      .identify('u', 3.3, {}, 'x')
      .alias('x', 'u', 3.3)
      .track('user', 'u', 3.3, 'Product Added', { cart: 'z' })
      .track('anonymous', 'x', 3.3, 'Product Added', { cart: 'w' })
      .until(9),
  'a buyer’s visit that was subscribed': (script) =>
    script
      .identify('u', 0)
      .track('anonymous', 'x', 0.2, 'Subscribed')
      .track('anonymous', 'x', 0.3, 'Order Completed', { cart: 'x' }, 0.5)
      .identify('u', 0.5, {}, 'x')
      .until(9, { races: 'whole' }),

  // Exits at the instant of a deadline.
  'an order at the instant of its reminder': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 1, 'Order Completed', { cart: 'a' })
      .until(9, { races: 'whole' }),
  'an order at the instant of the last reminder': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 2, 'Order Completed', { cart: 'a' })
      .until(9, { races: 'abreast' }),
  'a tag ends a run at the instant of its letter': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Subscribed')
      .track('user', 'u', 1, 'Order Completed', { cart: 'a' })
      .until(9, { races: 'whole' }),
  'a tag ends a run between its letters': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Subscribed')
      .track('user', 'u', 1.5, 'Order Completed', { cart: 'a' })
      .until(9),
  'hung up at the instant of the reply': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied')
      .track('user', 'u', 1, 'Hung Up')
      .until(9, { races: 'whole', abort: 0 }),
  'hung up at the instant of the time-out': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Hung Up')
      .until(9, { races: 'abreast' }),

  // Token races.
  'a reply at the instant of the question': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.1, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.1, 'Replied', { about: 'a' })
      .until(9, { abort: 0 }),
  'a reply at the instant of the time-out': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Replied', { about: 'a' })
      .until(9, { races: 'whole', abort: 0 }),
  'a reply on time that arrives at the instant of the time-out': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 1.9, 'Replied', { about: 'a' }, 2)
      .until(9, { races: 'whole', abort: 0 }),
  'two replies at once': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied', { about: 'first' })
      .track('user', 'u', 1, 'Replied', { about: 'second' })
      .until(9, { abort: 0 }),
  'a reply at the instant of the second time-out': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 1, 'Replied', { about: 'first' })
      .track('user', 'u', 2, 'Replied', { about: 'second' })
      .until(9, { races: 'whole', abort: 0 }),
  'a tag at the instant of the application': (script) =>
    script.identify('u', 0).track('user', 'u', 0.5, 'Applied').tag('u', 0.5, 'vip').until(9),
  'a tag that was there before, and one that goes': (script) =>
    script
      .identify('u', 0)
      .tag('u', 0.2, 'vip')
      .track('user', 'u', 0.5, 'Applied')
      .tag('u', 0.6, 'vip', false)
      .until(9),
  'a tag at the instant of the time-out': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Applied').tag('u', 2, 'vip').until(9, { races: 'whole' }),

  // Pauses: parked runs, later legs.
  'a pause over every deadline': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 0.7, 'Product Added', { cart: 'b' })
      .call(3, { resume: 'cart' })
      .until(16),
  'an order while its reminder is parked': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.1, 'Product Added', { cart: 'b' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 1.5, 'Order Completed', { cart: 'a' })
      .call(3, { resume: 'cart' })
      .until(16),
  'an order at the instant of the resumption': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .track('user', 'u', 2, 'Order Completed', { cart: 'a' })
      .call(2, { resume: 'cart' })
      .until(16, { races: 'whole', late: true }),
  'resumed at the instant of the deadline': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .call(0.5, { pause: 'cart' })
      .call(1, { resume: 'cart' })
      .until(20, { late: true }),
  'paused at the instant of the deadline, twice': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .call(1, { pause: 'cart' })
      .call(1.5, { resume: 'cart' })
      .call(2, { pause: 'cart' })
      .call(2.75, { resume: 'cart' })
      .until(24, { late: true }),
  'paused at the instant of the entry': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .call(0.5, { pause: 'ask' })
      .call(1, { resume: 'ask' })
      .until(16, { races: 'whole', abort: 0, late: true }),
  'a reply after a time-out that is parked': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .call(1, { pause: 'ask' })
      .track('user', 'u', 2.5, 'Replied')
      .call(3, { resume: 'ask' })
      .until(16, { abort: 0 }),
  'a reply while the journey is paused': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .call(0.5, { pause: 'ask' })
      .track('user', 'u', 1, 'Replied')
      .call(3, { resume: 'ask' })
      .track('user', 'u', 3.5, 'Replied')
      .until(16, { abort: 0 }),
  'archived at the instant of the deadline': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .call(1, { archive: 'cart' })
      .track('user', 'u', 5, 'Product Added', { cart: 'a' })
      .until(16, { races: 'whole' }),

  // Executions that are lost: later legs without a pause.
  'a newcomer whose executions are lost': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Signed Up')
      .track('user', 'u', 3, 'Answered', { about: 'price' })
      .until(24, { abort: 0.4 }),
  'a chain whose executions are lost': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Chained').until(24, { abort: 0.4 }),
  'a reply just before the time-out of a lost execution': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 1.9, 'Replied', { about: 'a' })
      .until(24, { abort: 0.4 }),
  'circles whose executions are lost': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Circled')
      .track('user', 'u', 2.6, 'Stopped')
      .until(24, { abort: 0.3 }),

  // Rests that are longer than an execution may last.
  'a sleeper who wakes after years': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Slept')
      .track('user', 'u', 1000 * 24, 'Woken')
      .until(1200 * 24),
  'a sleeper who wakes as the leg changes': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Slept')
      .track('user', 'u', 600 * 24, 'Woken')
      .until(1200 * 24, { abort: 0 }),
  'a sleeper who never wakes': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Slept')
      .until(1200 * 24),

  // Coupons, tasks, other journeys.
  'a newcomer who redeems': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Signed Up').call(1, { redeem: 'welcome' }).until(12, { codes: 60 }),
  'two newcomers of whom neither redeems': (script) =>
    script
      .identify('u', 0)
      .identify('v', 0)
      .track('user', 'u', 0.5, 'Signed Up')
      .track('user', 'v', 0.5, 'Signed Up')
      .until(12, { codes: 60 }),
  'a redemption at the instant that asks for it': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Signed Up')
      .call(2, { redeem: 'welcome' })
      .until(12, { codes: 60, races: 'whole' }),
  'a call that is made': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Complained')
      .call(1, { complete: { node: 'call', outcome: 'busy' } })
      .until(9),
  'a call at the instant of its time-out': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Complained')
      .call(2, { complete: { node: 'call', outcome: 'reached' } })
      .until(9, { races: 'whole', abort: 0 }),
  'a call that nobody makes': (script) => script.identify('u', 0).track('user', 'u', 0, 'Complained').until(9),
  'one journey that starts another': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Chained')
      .track('user', 'u', 0.5, 'Applied')
      .track('user', 'u', 1.5, 'Replied')
      .until(9),
  'round and round': (script) =>
    script.identify('u', 0).track('user', 'u', 0, 'Circled').track('user', 'u', 2.5, 'Stopped').until(9),

  // Re-entry.
  'asked again while open, and again after': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Asked', { topic: 'a' })
      .track('user', 'u', 0.5, 'Asked', { topic: 'b' })
      .track('user', 'u', 1, 'Hung Up')
      .track('user', 'u', 1.01, 'Asked', { topic: 'a' })
      .until(9),
  'asked again at the instant of the end': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Asked', { topic: 'a' })
      .track('user', 'u', 2, 'Asked', { topic: 'a' })
      .until(9, { races: 'whole', abort: 0 }),
  'signed up again': (script) =>
    script
      .identify('u', 0)
      .track('user', 'u', 0, 'Signed Up')
      .track('user', 'u', 1, 'Signed Up')
      .track('user', 'u', 8, 'Signed Up')
      .until(16),
  'a buyer again and again': (script) =>
    script
      .identify('u', 0, { city: 'Foshan' })
      .track('user', 'u', 0, 'Order Completed', { cart: 'a' })
      .track('user', 'u', 3.5, 'Order Completed', { cart: 'b' })
      .track('user', 'u', 8, 'Order Completed', { cart: 'c' })
      .until(16),
};

/** The kinds of histories; each is told under a name of its own. */
export const STORIES: Record<string, (name: string) => History> = Object.fromEntries(
  Object.entries(told).map(([title, tell]) => [title, (name: string) => tell(new Script(name))]),
);
