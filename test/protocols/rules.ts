import { emptySnapshot, succeed } from '../../core/catalog/build-snapshot.ts';
import { defaultSettings } from '../../core/catalog/settings.ts';
import type { Rule } from '../../core/catalog/snapshot.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import type { Rules } from './sim.ts';

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
    exit: [{ event: 'Hung Up', outcome: 'hung-up' }],
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
    exit: [{ event: 'Hung Up', outcome: 'hung-up' }],
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
  hurry: {
    name: 'Hurry',
    owner: 'growth',
    entry: { event: 'Hurried' },
    start: 'now',
    nodes: {
      now: push('now', 'call'),
      call: { type: 'task', queue: 'service', title: 'Hurry', next: 'breath' },
      breath: { type: 'wait', for: '30s', next: 'soon' },
      soon: push('soon', 'wink'),
      wink: { type: 'wait-for', timeout: '30s', for: [{ event: 'Winked', next: 'seen' }], onTimeout: 'done' },
      seen: push('seen', 'done'),
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
  poll: {
    name: 'Poll',
    owner: 'growth',
    entry: { event: 'Polled' },
    exit: [
      { event: 'Hung Up', outcome: 'hung-up' },
      { message: 'second', was: 'clicked', outcome: 'clicked' },
    ],
    start: 'first',
    nodes: {
      first: push('poll', 'clicks'),
      clicks: {
        type: 'wait-for',
        timeout: '2h',
        for: [{ message: 'first', was: 'clicked', next: 'second' }],
        onTimeout: 'no',
      },
      second: push('again', 'rest'),
      rest: { type: 'wait', for: '1h', next: 'no' },
      no: push('no', 'done'),
      done: { type: 'end' },
    },
  },
  offer: {
    name: 'Offer',
    owner: 'growth',
    entry: { event: 'Offered' },
    exit: [{ event: 'Hung Up', outcome: 'hung-up' }],
    start: 'rest',
    nodes: {
      rest: { type: 'wait', for: '2h', next: 'test' },
      test: {
        type: 'split',
        ways: [
          { name: 'money', weight: 50, next: 'gift' },
          { name: 'word', weight: 50, next: 'word' },
        ],
      },
      gift: { type: 'coupon', pool: 'pool', next: 'word', onEmpty: 'word' },
      word: push('word', 'mark'),
      mark: { type: 'update', traits: { offered: true }, addTags: ['offered'], next: 'note' },
      note: { type: 'task', queue: 'service', title: 'Offered', next: 'onward' },
      onward: { type: 'journey', journey: 'club', next: 'which' },
      which: { type: 'branch', cases: [{ if: { trait: 'city', exists: true }, next: 'local' }], default: 'done' },
      local: push('local', 'done'),
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
  offered: { name: 'Offered', layer: 'base', owner: 'growth', use: 'test' },
  unreached: { name: 'Unreached', layer: 'base', owner: 'growth', use: 'test' },
  known: {
    name: 'Known',
    layer: 'base',
    owner: 'growth',
    use: 'test',
    if: { all: [{ tag: 'buyer' }, { trait: 'city', exists: true }] },
  },
};

/** Node types that some journey here has. */
export const TYPES: ReadonlySet<string> = new Set(
  Object.values(JOURNEYS).flatMap(({ nodes }) => Object.values<{ type: string }>(nodes).map(({ type }) => type)),
);

/** The live rules that every history begins under; it may change the pointer, and what its snapshot names. */
export const rules = (): Rules => ({
  ...built,
  snapshot: { ...built.snapshot },
  pointer: { version: 1, channels: {}, journeys: {} },
});

function build(): Omit<Rules, 'pointer'> {
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
  return { snapshot: succeed(before, changed) ?? before, journeys };
}
const built = build();

const MARKETING = new Set(['letter', 'another', 'hello']);

const templates = new Map<string, { definition: TemplateDefinition }>();

/** Any template's one version. */
export function template(id: string) {
  const known = templates.get(id) ?? {
    definition: TemplateSchema.parse({
      class: MARKETING.has(id) ? 'marketing' : 'transactional',
      content: { push: { title: 'T', body: 'B' } },
    }),
  };
  templates.set(id, known);
  return known;
}
