import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

const START = Date.parse('2026-11-02T01:00:00.000Z');
const DAY_MS = 24 * 3600_000;
const SECOND = 1000 / DAY_MS;
/** Days after the start, as an instant. */
const on = (day: number): string => new Date(START + Math.round(day * DAY_MS)).toISOString();

interface Happening {
  day: number;
  event?: string;
  properties?: Record<string, unknown>;
  traits?: Record<string, unknown>;
}
const order = (total: number, day: number): Happening => ({ day, event: 'Order Completed', properties: { total } });
const login = (day: number): Happening => ({ day, event: 'Logged In' });
const did = (event: string, day: number): Happening => ({ day, event });
const says = (traits: Record<string, unknown>, day: number): Happening => ({ day, traits });
const view = (category: string, seconds: number, day: number): Happening => ({
  day,
  event: 'Product Viewed',
  properties: { category, seconds },
});
const favourite = (category: string, day: number): Happening => ({
  day,
  event: 'Product Favorited',
  properties: { category },
});
const times = (n: number, happening: Happening): Happening[] => Array.from({ length: n }, () => happening);

/** Events of each customer. Events from before the start arrive at the start. */
const HISTORIES: Record<string, Happening[]> = {
  rich: [order(600, -10), order(400, 0)],
  richer: [order(100, -29), order(600, -1), order(700, -1)],
  'nearly-rich': [order(499.99, -1), order(500, 0)],
  'rich-once': [order(1000, 0)],
  regular: [order(900, -89 + SECOND), order(900, -60), order(900, -30), order(900, 0)],
  thrice: [order(900, -60), order(900, -30), order(900, 0)],
  small: [order(150, 0)],
  fewer: [order(100, -80), order(100, -70), order(100, -60)],
  larger: [order(199, 0), order(201, 0)],
  growing: [order(100, 0), order(500, 1)],
  fan: [...times(4, view('baby', 5, -29)), favourite('baby', 0)],
  browser: [...times(4, view('baby', 5, 0)), ...times(3, view('toys', 5, 0))],
  reader: [view('baby', 180, -29)],
  glancer: [view('baby', 179, 0)],
  keeper: [favourite('baby', 0)],
  looking: [order(900, -175), login(0)],
  returning: [order(900, -200), login(0), order(900, 1)],
  away: [order(900, -200)],
  'vip-of-the-year': [order(9000, -364), order(500, -10), order(500, 0)],
  'vip-of-the-quarter': [order(4000, -300), order(3000, -85), order(3000, 0)],
  'vip-to-be': [order(6000, -20), order(6000, -10), order(1, 20)],
  dozing: [login(0), login(40)],
  dormant: [login(0)],
  quiet: [did('Signed Up', 0)],
  back: [did('Signed Up', 0), login(20), login(220)],
  lead: [says({ budget: 100_000, decisionMonths: 3 }, 0), says({ decisionMonths: 4 }, 20)],
  'small-lead': [says({ budget: 99_999, decisionMonths: 3 }, 0)],
  'lead-in-words': [says({ budget: '100000', decisionMonths: 3 }, 0)],
  studying: [did('Form Submitted', -29), did('Report Downloaded', 0)],
  asking: [did('Form Submitted', 0)],
  'called-once': [
    did('Form Submitted', 0),
    did('Report Downloaded', 0),
    says({ budget: 200_000, decisionMonths: 1 }, 1),
    says({ budget: 500 }, 20),
  ],
};

type Turn = ['on' | 'off', number];

/** When what of the library turns for whom, to the second, until day 300; an empty list: never. */
const TURNS: Record<string, Record<string, Turn[]>> = {
  'segments/high-value-active': {
    rich: [
      ['on', 0],
      ['off', 20],
    ],
    // An order of 100 leaves the window first.
    richer: [
      ['on', 1],
      ['off', 29],
    ],
    'nearly-rich': [],
    'rich-once': [],
  },
  'tags/frequent-buyer': {
    regular: [
      ['on', 0],
      ['off', 1 + SECOND],
    ],
    thrice: [],
  },
  'tags/potential': {
    small: [
      ['on', 0],
      ['off', 90],
    ],
    // Three orders are too many; from day 10 on there are two.
    fewer: [
      ['on', 10],
      ['off', 30],
    ],
    larger: [],
    growing: [
      ['on', 0],
      ['off', 1],
    ],
  },
  'tags/prefers-category': {
    fan: [
      ['on', 0],
      ['off', 1],
    ],
    browser: [],
  },
  'tags/interested-in-category': {
    reader: [
      ['on', 0],
      ['off', 1],
    ],
    glancer: [],
    keeper: [
      ['on', 0],
      ['off', 30],
    ],
  },
  'tags/at-risk': {
    looking: [
      ['on', 5],
      ['off', 7],
    ],
    returning: [
      ['on', 0],
      ['off', 1],
    ],
    away: [],
  },
  'tags/vip': {
    // 9000 leave the year.
    'vip-of-the-year': [
      ['on', 0],
      ['off', 1],
    ],
    // The first repurchase leaves the quarter.
    'vip-of-the-quarter': [
      ['on', 0],
      ['off', 5],
    ],
    // The first order is no repurchase.
    'vip-to-be': [
      ['on', 20],
      ['off', 80],
    ],
    thrice: [],
  },
  'tags/sleeping': {
    dozing: [
      ['on', 30],
      ['off', 40],
      ['on', 70],
    ],
    quiet: [],
  },
  'segments/sleepers': {
    dormant: [
      ['on', 30],
      ['off', 180],
    ],
  },
  'tags/lifecycle-new': {
    quiet: [
      ['on', 0],
      ['off', 30],
    ],
    back: [
      ['on', 0],
      ['off', 30],
    ],
    away: [],
  },
  'tags/lifecycle-active': {
    quiet: [],
    back: [
      ['on', 30],
      ['off', 50],
      ['on', 220],
      ['off', 250],
    ],
  },
  'tags/lifecycle-lapsing': {
    quiet: [
      ['on', 30],
      ['off', 180],
    ],
    back: [
      ['on', 50],
      ['off', 200],
      ['on', 250],
    ],
  },
  'tags/lifecycle-lapsed': {
    quiet: [['on', 180]],
    back: [
      ['on', 200],
      ['off', 220],
    ],
    away: [['on', 0]],
  },
  'tags/lead-qualified': {
    lead: [
      ['on', 0],
      ['off', 20],
    ],
    'small-lead': [],
    'lead-in-words': [],
    'called-once': [
      ['on', 1],
      ['off', 20],
    ],
  },
  'tags/lead-engaged': {
    studying: [
      ['on', 0],
      ['off', 1],
    ],
    asking: [],
    'called-once': [
      ['on', 0],
      ['off', 30],
    ],
  },
  'tags/lead-nurturing': {
    studying: [
      ['on', 0],
      ['off', 1],
    ],
    'called-once': [
      ['on', 0],
      ['off', 1],
      ['on', 20],
      ['off', 30],
    ],
    lead: [],
  },
};

let cairn: Cairn;
/** Answers of `GET /v1/profiles/regular` about `frequent-buyer`, by instant. */
const read: Record<string, unknown> = {};

/** A journey that every customer enters for whom the rule changes: its runs are the rule's history. */
async function watch(rule: string, way: 'on' | 'off'): Promise<void> {
  const [kind, id] = rule.split('/');
  const entry =
    kind === 'segments'
      ? { segment: id, on: way === 'on' ? 'entered' : 'left' }
      : { tag: id, on: way === 'on' ? 'added' : 'removed' };
  await cairn.ok('admin', 'PUT', `/v1/journeys/${id}-${way}`, {
    name: `${id} turns ${way}`,
    owner: 'growth',
    entry,
    reentry: 'always',
    start: 'seen',
    nodes: { seen: { type: 'end', outcome: 'seen' } },
  });
  await cairn.ok('admin', 'POST', `/v1/journeys/${id}-${way}/publish`);
}

async function postDay(day: number): Promise<void> {
  const batch = Object.entries(HISTORIES).flatMap(([userId, history]) =>
    history
      .filter((one) => (day === 0 ? one.day <= 0 : one.day === day))
      .map(({ day: when, event, properties, traits }) => ({
        type: event === undefined ? 'identify' : 'track',
        userId,
        timestamp: on(when),
        ...(event === undefined ? { traits } : { event, properties }),
      })),
  );
  await cairn.post('batch', { batch });
}

async function look(): Promise<void> {
  const { tags } = await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', '/v1/profiles/regular');
  read[await cairn.now()] = tags.find((tag) => tag.id === 'frequent-buyer');
}

async function turnsOf(rule: string): Promise<Record<string, [string, string][]>> {
  const id = rule.split('/')[1];
  const found: { who: string; turn: [string, string] }[] = [];
  for (const way of ['on', 'off'] as const) {
    const { items } = await cairn.ok<{ items: { profileId: string; since: string }[] }>(
      'viewer',
      'GET',
      `/v1/journeys/${id}-${way}/runs?limit=200`,
    );
    found.push(...items.map(({ profileId, since }) => ({ who: profileId, turn: [way, since] as [string, string] })));
  }
  found.sort((a, b) => (a.turn[1] < b.turn[1] ? -1 : 1));
  const customers = Object.keys(TURNS[rule] ?? {});
  return Object.fromEntries(
    customers.map((who) => [who, found.filter((one) => one.who === who).map(({ turn }) => turn)]),
  );
}

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
  for (const rule of Object.keys(TURNS)) {
    await cairn.ok('marketer', 'POST', `/v1/library/${rule.split('/')[1]}/install`);
    await watch(rule, 'on');
    await watch(rule, 'off');
  }
  await postDay(0);
  for (const day of [1, 20, 40, 220]) {
    await cairn.advanceTo(on(day));
    await postDay(day);
    if (day !== 1) continue;
    await look();
    await cairn.advanceTo(on(1 + SECOND));
    await look();
  }
  await cairn.advanceTo(on(300));
}, 120_000);
afterAll(() => releaseCairn(cairn));

describe('S15, what is ready-made', () => {
  it.each(Object.keys(TURNS))('%s turns on and off at its second', async (rule) => {
    const expected = Object.entries(TURNS[rule] ?? {}).map(([who, turns]) => [
      who,
      turns.map(([way, day]) => [way, on(day)]),
    ]);
    expect(await turnsOf(rule)).toEqual(Object.fromEntries(expected));
  });

  it('a read knows how long a tag will last, and sees it gone at that second', () => {
    expect(read).toEqual({
      [on(1)]: { id: 'frequent-buyer', since: on(0), until: on(1 + SECOND), version: 1 },
      [on(1 + SECOND)]: undefined,
    });
  });

  it('all of the library is watched here', async () => {
    const { items } = await cairn.ok<{ items: { kind: string; name: string }[] }>('viewer', 'GET', '/v1/library');
    expect(items.map(({ kind, name }) => `${kind}/${name}`).sort()).toEqual(Object.keys(TURNS).sort());
  });
});
