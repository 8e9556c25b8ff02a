import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Cairn } from '../scenarios/cairn.ts';

type Json = Record<string, unknown>;

/** One call of a client. `n` is its position among the calls about one customer, by all of their ids; the call contains it. */
export interface Call {
  type: 'identify' | 'track' | 'page' | 'screen' | 'group' | 'alias';
  n: number;
  userId?: string;
  anonymousId?: string;
  previousId?: string;
  event?: string;
  name?: string;
  category?: string;
  groupId?: string;
  /** Only of track, page and screen. */
  properties?: Json;
  /** Only of identify and group. */
  traits?: Json;
  context?: Json;
}

/** Expected data of one customer. */
export interface Expected {
  /** All their ids: each answers the same profile. */
  ids: string[];
  calls: Call[];
  traits: Json;
  groups: Json;
  /** Channel or `channel:topic` → granted. */
  consent: Record<string, boolean>;
}

/** Results of a client's calls, in their order: delivered or given up. */
export interface Delivery {
  delivered: boolean[];
  errors: string[];
}

/** Between two rounds. */
export const PAUSE_MS = 2;

export interface Workload {
  /** Rounds of calls: a customer's calls in two rounds never have the same millisecond, the finest unit of clients. */
  rounds: Call[][];
  calls: Call[];
  customers: Expected[];
}

const PROPERTIES = { price: 12.5, tags: ['a', 'ü 商品 🛒'], nested: { yes: true, no: null } };
const consents = (categoryPreferences: Record<string, boolean>): Json => ({ consent: { categoryPreferences } });

/** Every call that Segment has, of one customer. */
function everything(userId: string): Expected {
  const calls: Call[] = [
    {
      type: 'identify',
      traits: { email: `${userId}@example.com`, plan: 'free', gone: 'soon' },
      context: consents({ email: true, 'email:offers': true }),
    },
    { type: 'track', event: 'Product Added', properties: PROPERTIES },
    { type: 'page', name: 'Home', category: 'Docs', properties: { url: '/' } },
    { type: 'screen', name: 'Cart', category: 'Shop', properties: {} },
    { type: 'group', groupId: 'acme', traits: { size: 3, city: 'Rome' } },
    { type: 'identify', traits: { plan: 'pro', gone: null, address: { city: 'Rome' } } },
    { type: 'group', groupId: 'acme', traits: { size: 4 } },
    {
      type: 'track',
      event: 'Order Completed',
      properties: { total: 25 },
      context: consents({ 'email:offers': false }),
    },
    { type: 'track', event: 'Seen', properties: {}, context: consents({ 'email:offers': true }) },
  ].map((call, n) => numbered({ ...call, userId } as Call, n));
  return {
    ids: [userId],
    calls,
    traits: { email: `${userId}@example.com`, plan: 'pro', address: { city: 'Rome' }, n: 5 },
    groups: { acme: { size: 4, city: 'Rome', n: 6 } },
    consent: { email: true, 'email:offers': false },
  };
}

/** A visitor becomes a user, and that user another. */
function renamed(name: string): Expected {
  const [anonymousId, old, userId] = [`${name}-visitor`, `${name}-old`, `${name}-new`];
  const calls = [
    { type: 'track', anonymousId, event: 'Seen', properties: {} },
    { type: 'identify', anonymousId, userId: old, traits: { city: 'Rome' }, context: consents({ sms: true }) },
    { type: 'track', userId: old, event: 'Seen', properties: {}, context: consents({ sms: false }) },
    { type: 'alias', userId, previousId: old },
    { type: 'track', userId, event: 'Order Completed', properties: {}, context: consents({ sms: true }) },
  ].map((call, n) => numbered(call as Call, n));
  return {
    ids: [userId, old, anonymousId],
    calls,
    traits: { city: 'Rome', n: 1 },
    groups: {},
    consent: { sms: false },
  };
}

/** Hundreds of events of one customer at once, with a trait that changes all the time. */
function busy(userId: string, events: number): Expected {
  const calls = Array.from(
    { length: events },
    (_, n): Call =>
      numbered(
        n % 10 === 9
          ? { type: 'identify', n, userId, traits: {} }
          : { type: 'track', n, userId, event: 'Product Viewed', properties: PROPERTIES },
        n,
      ),
  );
  const last = calls.findLast(({ type }) => type === 'identify');
  return { ids: [userId], calls, traits: last === undefined ? {} : { n: last.n }, groups: {}, consent: {} };
}

/** `n` where the API shows it again. */
export function numbered(call: Call, n: number): Call {
  if (call.type === 'alias') return { ...call, n };
  if (call.type === 'identify' || call.type === 'group') return { ...call, n, traits: { ...call.traits, n } };
  return { ...call, n, properties: { ...call.properties, n } };
}

/** Many customers, each of whom does everything, one after the other's call; some who get another id; and one busy customer among them. */
export function workloadFor(name: string, size: { customers: number; renamed: number; busy: number }): Workload {
  const customers = [
    ...Array.from({ length: size.customers }, (_, index) => everything(`${name}-${index}`)),
    ...Array.from({ length: size.renamed }, (_, index) => renamed(`${name}-renamed-${index}`)),
    ...(size.busy > 0 ? [busy(`${name}-busy`, size.busy)] : []),
  ];
  return workloadOf(customers);
}

export function workloadOf(customers: Expected[]): Workload {
  const length = Math.max(...customers.map(({ calls }) => calls.length));
  const rounds = Array.from({ length }, (_, round) => customers.flatMap(({ calls }) => calls[round] ?? []));
  return { rounds, calls: rounds.flat(), customers };
}

interface Page {
  items: { type: string; event?: string; properties?: Json; traits?: Json }[];
  next?: string;
}
interface ProfileView {
  id: string;
  traits: Json;
  groups?: Json;
  consent: Record<string, { granted?: boolean; topics?: Record<string, { granted: boolean }> }>;
}

async function timelineOf(cairn: Cairn, id: string): Promise<Page['items']> {
  const items: Page['items'] = [];
  let cursor = '';
  do {
    const path = `/v1/profiles/${encodeURIComponent(id)}/timeline?limit=200${cursor}`;
    const page = await cairn.ok<Page>('admin', 'GET', path);
    items.push(...page.items);
    cursor = page.next === undefined ? '' : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== '');
  return items.reverse();
}

export const CONSENT_UPDATED = 'Segment Consent Preference Updated';
const CALL_OF_EVENT = new Map([
  ['Page Viewed', 'page'],
  ['Screen Viewed', 'screen'],
]);
/** As `labelOf` names its call. */
function labelOfEvent({ type, event, properties, traits }: Page['items'][number]): string {
  if (type === 'alias') return 'alias';
  if (event === CONSENT_UPDATED) return 'consent';
  return `${CALL_OF_EVENT.get(event ?? '') ?? type} ${(traits ?? properties)?.n}`;
}
function labelOf({ type, event, n }: Call): string {
  if (event === CONSENT_UPDATED) return 'consent';
  return type === 'alias' ? 'alias' : `${type} ${n}`;
}

interface ReadBack {
  customer: string;
  timeline: string[];
  traits: Json;
  groups: Json;
  consent: Record<string, boolean>;
  otherIds: string[];
}

async function readBack(cairn: Cairn, { ids: [id = '', ...others] }: Expected): Promise<ReadBack> {
  const view = await cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${id}`);
  const { createdAt: _, ...traits } = view.traits;
  const consent: Record<string, boolean> = {};
  for (const [channel, { granted, topics = {} }] of Object.entries(view.consent)) {
    if (granted !== undefined) consent[channel] = granted;
    for (const [topic, entry] of Object.entries(topics)) consent[`${channel}:${topic}`] = entry.granted;
  }
  const otherIds = await Promise.all(
    others.map(async (other) => (await cairn.ok<ProfileView>('admin', 'GET', `/v1/profiles/${other}`)).id),
  );
  const timeline = (await timelineOf(cairn, id)).map(labelOfEvent);
  return { customer: id, timeline, traits, groups: view.groups ?? {}, consent, otherIds };
}

const expectedOf = ({ ids: [id = '', ...others], calls, traits, groups, consent }: Expected): ReadBack => ({
  customer: id,
  timeline: calls.map(labelOf),
  traits,
  groups,
  consent,
  otherIds: others.map(() => id),
});

/** Waits until as many events as were sent have arrived: for clients that do not report the end. */
export async function arrived(cairn: () => Cairn, { customers }: Workload, withinMs: number): Promise<void> {
  const isThere = async ({ ids: [id = ''], calls }: Expected): Promise<boolean> => {
    const seen = await cairn()
      .as('admin', 'GET', `/v1/profiles/${id}`)
      .catch(() => undefined);
    return seen?.status === 200 && (await timelineOf(cairn(), id)).length >= calls.length;
  };
  const all = async () => (await Promise.all(customers.map(isThere))).every(Boolean);
  await until(all, withinMs, 'every event on a timeline').catch(() => undefined);
}

/** Every call is on its customer's timeline once, in order; traits, groups, consent and ids are what the calls make of them. */
export async function expectKept(cairn: Cairn, { customers }: Workload): Promise<void> {
  await cairn.local('POST', 'settle');
  const found = await Promise.all(customers.map((customer) => readBack(cairn, customer)));
  expect(found).toEqual(customers.map(expectedOf));
}

/** Every call that the client considers delivered is stored once, and every call that it gave up at most once. Nothing else is checked. */
export async function expectNoneLost(
  cairn: Cairn,
  { calls, customers }: Workload,
  { delivered }: Delivery,
): Promise<void> {
  await cairn.local('POST', 'settle');
  const believed = new Set(calls.filter((_, index) => delivered[index]));
  for (const customer of customers) {
    const [id = ''] = customer.ids;
    const seen = await cairn.as('admin', 'GET', `/v1/profiles/${id}`);
    const labels = seen.status === 404 ? [] : (await timelineOf(cairn, id)).map(labelOfEvent);
    const sent = customer.calls.map(labelOf);
    const count = (list: string[], label: string) => list.filter((one) => one === label).length;
    // Only their number distinguishes two changes of consent.
    const twice = labels.filter((label) => count(labels, label) > count(sent, label));
    const lost = customer.calls.filter((call) => believed.has(call) && !labels.includes(labelOf(call))).map(labelOf);
    expect({ id, twice, lost }).toEqual({ id, twice: [], lost: [] });
  }
}

/** Until `done`, looked at every 100 ms. */
export async function until(done: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await wait(100);
  }
}
