import { emptySnapshot, succeed } from '../../core/catalog/build-snapshot.ts';
import { defaultSettings } from '../../core/catalog/settings.ts';
import type { Rule } from '../../core/catalog/snapshot.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { type EpochMs, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import type { Rules } from './sim.ts';

export const START = Date.parse('2026-11-02T01:00:00Z');
export const HOUR = 3_600_000;

/** Journeys that between them have every stop, a coupon, exits, keys and re-entry. */
const JOURNEYS = {
  welcome: {
    name: 'Welcome',
    owner: 'growth',
    entry: { event: 'Signed Up' },
    start: 'gift',
    nodes: {
      gift: { type: 'coupon', pool: 'pool', next: 'hello', onEmpty: 'hello' },
      hello: { type: 'send', template: 'hello', channels: ['push'], next: 'rest' },
      rest: { type: 'wait', for: '2h', next: 'used' },
      used: { type: 'branch', cases: [{ if: { coupon: 'gift', was: 'redeemed' }, next: 'thanks' }], default: 'remind' },
      thanks: { type: 'send', template: 'thanks', channels: ['push'], next: 'done' },
      remind: { type: 'send', template: 'remind', channels: ['push'], next: 'react' },
      react: {
        type: 'wait-for',
        timeout: '3h',
        for: [{ event: 'Answered', as: 'answer', next: 'yes' }],
        onTimeout: 'no',
      },
      yes: { type: 'send', template: 'yes', channels: ['push'], next: 'done' },
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
      first: { type: 'send', template: 'first', channels: ['push'], next: 'again' },
      again: { type: 'wait', for: '1h', next: 'second' },
      second: { type: 'send', template: 'second', channels: ['push'], next: 'done' },
      done: { type: 'end' },
    },
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
  const tagRules = Object.entries(TAGS).map(
    ([id, sent]): Rule => ({ kind: 'tag', id, version: 1, definition: TagSchema.parse(sent) }),
  );
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

/** One client call of a history. */
export interface Post {
  at: EpochMs;
  message: EventsMessage;
  group?: string;
}

/** What happens in a history; every history has profiles of its own. */
export interface History {
  posts: Post[];
  profiles: Record<string, ProfileKey>;
  until: EpochMs;
}

/** Builds the calls of one history; ids carry its name. */
class Script {
  readonly posts: Post[] = [];
  private readonly name: string;
  private count = 0;

  constructor(name: string) {
    this.name = name;
  }

  user = (id: string): ProfileKey => profileKeyOfUser(`${this.name}-${id}`);
  anonymous = (id: string): ProfileKey => profileKeyOfAnonymous(`${this.name}-${id}`);

  private event(at: EpochMs, more: Partial<CairnEvent>): CairnEvent {
    this.count += 1;
    return { id: `${this.name}-${this.count}`, type: 'track', at, receivedAt: at, index: 0, key: 'server', ...more };
  }

  track(
    who: 'user' | 'anonymous',
    id: string,
    hours: number,
    name: string,
    properties: Record<string, unknown> = {},
  ): void {
    const at = START + hours * HOUR;
    const profile = who === 'user' ? this.user(id) : this.anonymous(id);
    const identity = { kind: who, id: `${this.name}-${id}` };
    this.posts.push({ at, message: { profile, identity, events: [this.event(at, { name, properties })] } });
  }

  identify(id: string, hours: number, traits: Record<string, unknown>, from?: string): void {
    const at = START + hours * HOUR;
    const identity = { kind: 'user' as const, id: `${this.name}-${id}` };
    const merged = from === undefined ? undefined : { kind: 'anonymous' as const, id: `${this.name}-${from}` };
    const context = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: `token-${id}` } };
    this.posts.push({
      at,
      message: {
        profile: this.user(id),
        identity,
        events: [this.event(at, { type: 'identify', traits, context, from: merged })],
      },
    });
  }

  alias(previous: string, id: string, hours: number): void {
    const at = START + hours * HOUR;
    const identity = { kind: 'user' as const, id: `${this.name}-${id}` };
    const from = { kind: 'either' as const, id: `${this.name}-${previous}` };
    this.posts.push({
      at,
      group: 'alias',
      message: { profile: this.user(id), identity, events: [this.event(at, { type: 'alias', from })] },
    });
  }
}

/** The kinds of histories; each is told under a name of its own. */
export const STORIES: Record<string, (name: string) => History> = {
  'a newcomer who answers': (name) => {
    const script = new Script(name);
    script.identify('u', 0, { city: 'Shanghai' });
    script.track('user', 'u', 0, 'Signed Up');
    script.track('user', 'u', 3, 'Answered', { about: 'price' });
    return { posts: script.posts, profiles: { u: script.user('u') }, until: START + 12 * HOUR };
  },
  'a newcomer who says nothing': (name) => {
    const script = new Script(name);
    script.identify('u', 0, {});
    script.track('user', 'u', 0, 'Signed Up');
    return { posts: script.posts, profiles: { u: script.user('u') }, until: START + 12 * HOUR };
  },
  'two carts, one ordered, one entered again': (name) => {
    const script = new Script(name);
    script.identify('u', 0, { city: 'Beijing' });
    script.track('user', 'u', 0, 'Product Added', { cart: 'a' });
    script.track('user', 'u', 0.5, 'Product Added', { cart: 'b' });
    script.track('user', 'u', 1.25, 'Order Completed', { cart: 'a', total: 5 });
    script.track('user', 'u', 1.3, 'Product Added', { cart: 'a' });
    script.track('user', 'u', 6, 'Product Added', { cart: 'a' });
    return { posts: script.posts, profiles: { u: script.user('u') }, until: START + 14 * HOUR };
  },
  'an order that arrives before its cart': (name) => {
    const script = new Script(name);
    script.identify('u', 0, {});
    script.track('user', 'u', 0.75, 'Order Completed', { cart: 'a' });
    script.track('user', 'u', 0.5, 'Product Added', { cart: 'a' });
    const [first, order, cart] = script.posts;
    // The cart's event is late: it arrives behind the order that it comes before.
    const posts = [first, order, cart && { ...cart, at: START + 0.8 * HOUR }].filter((post) => post !== undefined);
    return { posts, profiles: { u: script.user('u') }, until: START + 6 * HOUR };
  },
  'a visitor who becomes known while both sides act': (name) => {
    const script = new Script(name);
    script.track('anonymous', 'x', 0, 'Product Added', { cart: 'a' });
    script.identify('u', 0.2, { city: 'Shenzhen' });
    script.track('user', 'u', 0.4, 'Product Added', { cart: 'b' });
    script.identify('u', 0.6, {}, 'x');
    script.track('anonymous', 'x', 0.6, 'Product Added', { cart: 'c' });
    script.track('user', 'u', 0.6, 'Order Completed', { cart: 'a' });
    script.track('anonymous', 'x', 2, 'Order Completed', { cart: 'b' });
    return {
      posts: script.posts,
      profiles: { u: script.user('u'), x: script.anonymous('x') },
      until: START + 9 * HOUR,
    };
  },
  'two known users of whom one was the other': (name) => {
    const script = new Script(name);
    script.identify('old', 0, { city: 'Xi’an' });
    script.track('user', 'old', 0, 'Signed Up');
    script.identify('new', 0.1, { plan: 'gold' });
    script.alias('old', 'new', 1);
    script.track('user', 'old', 1, 'Order Completed', { cart: 'z' });
    script.track('user', 'new', 3, 'Answered', { about: 'quality' });
    return {
      posts: script.posts,
      profiles: { old: script.user('old'), new: script.user('new') },
      until: START + 12 * HOUR,
    };
  },
};
