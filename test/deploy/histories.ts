import { isDeepStrictEqual } from 'node:util';
import { example } from '../scenarios/cairn.ts';

type Json = Record<string, unknown>;

/** Stage of a history: the emulator in real time, or the embedded cloud on its virtual clock. */
export interface Stage {
  /** Several customers at once; a virtual clock moves for one at a time. */
  concurrent: boolean;
  call(role: string, method: string, path: string, body?: unknown): Promise<Json>;
  /** Segment's `batch`. */
  post(batch: Json[], context?: Json): Promise<void>;
  /** Waits until every function sees the current rules. */
  settleRules(): Promise<void>;
  /** Long enough for a message of an ended run to reach its provider. */
  rest(): Promise<void>;
  /** Until `holds`, or it fails with `what`: of a deployment `withinMs` later. */
  until(what: string, holds: () => Promise<boolean>, withinMs?: number): Promise<void>;
}

interface History {
  /** In `examples/journeys/`. */
  journey: string;
  needs: { templates: string[]; pools: string[]; tags?: string[] };
  /** Shortens the journey: waits of days become seconds, and a birthday is not awaited. */
  shortened(journey: Json): Json;
  customer: string;
  play(stage: Stage, customer: string): Promise<void>;
}

/** Each customer has a phone of their own, because a token belongs to the last who registered it. */
const pushAndSms = (customer: string): Json => ({
  device: { type: 'ios', token: `token-of-${customer}` },
  consent: { categoryPreferences: { push: true, sms: true } },
});
const identify = (userId: string, phone: string): Json => ({
  type: 'identify',
  userId,
  traits: { name: 'Lin', phone },
});
const track = (userId: string, event: string, properties: Json = {}): Json => ({
  type: 'track',
  userId,
  event,
  properties,
});

/** Replaces whole values of the journey's JSON. */
const replaced = (journey: Json, ...pairs: [from: string, to: string][]): Json =>
  JSON.parse(pairs.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(journey))) as Json;

const HISTORIES: History[] = [
  {
    journey: 'new-customer',
    needs: { templates: ['welcome-coupon', 'tutorial'], pools: ['welcome-50'], tags: ['sleeping'] },
    shortened: (journey) => replaced(journey, ['"48h"', '"4s"'], ['"24h"', '"4s"']),
    customer: 'ann',
    play: (stage, ann) => stage.post([identify(ann, '+8613800000001'), track(ann, 'Signed Up')], pushAndSms(ann)),
  },
  {
    journey: 'cart-abandoned',
    needs: { templates: ['cart-reminder', 'cart-last-call'], pools: ['cart-30'] },
    shortened: (journey) => replaced(journey, ['"24h"', '"4s"'], ['"2d"', '"4s"']),
    customer: 'bea',
    play: (stage, bea) =>
      stage.post([identify(bea, '+8613800000002'), track(bea, 'Product Added', { cart_id: 'c1' })], pushAndSms(bea)),
  },
  {
    journey: 'cart-abandoned',
    needs: { templates: ['cart-reminder', 'cart-last-call'], pools: ['cart-30'] },
    shortened: (journey) => replaced(journey, ['"24h"', '"4s"'], ['"2d"', '"4s"']),
    customer: 'cai',
    async play(stage, cai) {
      await stage.post(
        [identify(cai, '+8613800000003'), track(cai, 'Product Added', { cart_id: 'c2' })],
        pushAndSms(cai),
      );
      await stage.until('the first reminder', async () => (await sentTo(stage, cai)).length === 1);
      await stage.post([track(cai, 'Order Completed', { cart_id: 'c2', total: 1 })]);
    },
  },
  {
    journey: 'wake-up',
    needs: {
      templates: ['wake-coupon', 'wake-reminder', 'wake-price-drop'],
      pools: ['wake-20'],
      tags: ['woken', 'not-woken'],
    },
    // The emulator supports only literal time-outs; those of a first stop, and `sinceEntry`, are not literal.
    shortened: (journey) =>
      replaced(
        {
          ...journey,
          start: 'pause',
          nodes: { ...(journey.nodes as Json), pause: { type: 'wait', for: '1s', next: 'gift' } },
        },
        ['"timeout":{"sinceEntry":"7d"}', '"timeout":"30s"'],
        ['"3d"', '"4s"'],
        ['"24h"', '"3s"'],
        ['"7d"', '"16s"'],
        ['{"tag":"sleeping","on":"added"}', '{"event":"Slept"}'],
      ),
    customer: 'dan',
    async play(stage, dan) {
      await stage.post([identify(dan, '+8613800000004'), track(dan, 'Slept')], pushAndSms(dan));
      await stage.until('the reminder', async () => (await sentTo(stage, dan)).length === 2);
      await stage.post([track(dan, 'Product Viewed', { seconds: 200 })]);
    },
  },
  {
    journey: 'birthday',
    needs: { templates: ['birthday-gift', 'birthday-reminder'], pools: ['birthday'] },
    shortened: (journey) => {
      const { nodes } = journey as { nodes: Record<string, Json> };
      const wait = { type: 'wait', for: '4s', next: nodes['until-near']?.next };
      return { ...journey, entry: { event: 'Born' }, nodes: { ...nodes, 'until-near': wait } };
    },
    customer: 'eva',
    play: (stage, eva) => stage.post([identify(eva, '+8613800000005'), track(eva, 'Born')], pushAndSms(eva)),
  },
];

/** Returns no items for a customer whose first event has not been processed yet. */
async function itemsOf(stage: Stage, path: string): Promise<Json[]> {
  try {
    return ((await stage.call('marketer', 'GET', path)) as { items: Json[] }).items;
  } catch (error) {
    if (error instanceof Error && error.message.includes(': 404 ')) return [];
    throw error;
  }
}

/** Template and channel of what a provider took, oldest first. */
async function sentTo(stage: Stage, profileId: string): Promise<string[]> {
  const messages = await itemsOf(stage, `/v1/messages?profileId=${profileId}`);
  return messages
    .filter(({ status }) => status === 'sent')
    .map(({ template, channel }) => JSON.stringify([template, channel]))
    .sort();
}

/** How it came out, for comparison. */
export interface Outcome {
  journey: string;
  customer: string;
  outcome: unknown;
  sent: string[];
  tasks: unknown[];
}

async function define(stage: Stage): Promise<void> {
  // The clock is the machine's: at night in China, SMS would wait for the morning.
  await stage.call('admin', 'PUT', '/v1/settings', { floors: [] });
  const put = (path: string, body: unknown) => stage.call('marketer', 'PUT', path, body);
  const seen = new Set<string>();
  for (const { journey, needs, shortened } of HISTORIES) {
    if (seen.has(journey)) continue;
    seen.add(journey);
    for (const id of needs.templates) await put(`/v1/templates/${id}`, await example('templates', id));
    for (const id of needs.tags ?? []) {
      const { if: _rule, ...byHand } = await example('tags', id);
      await put(`/v1/tags/${id}`, byHand);
    }
    for (const id of needs.pools) {
      await put(`/v1/coupon-pools/${id}`, await example('coupon-pools', id));
      const codes = ['1', '2', '3'].map((n) => `${id}-${n}`);
      await stage.call('marketer', 'POST', `/v1/coupon-pools/${id}/codes`, { codes });
    }
    await put(`/v1/journeys/${journey}`, shortened(await example('journeys', journey)));
    await stage.call('marketer', 'POST', `/v1/journeys/${journey}/submit`);
    await stage.call('approver', 'POST', `/v1/journeys/${journey}/approve`, {});
    await stage.call('marketer', 'POST', `/v1/journeys/${journey}/publish`);
  }
  await stage.settleRules();
}

/** Plays every history on this stage. */
export async function playAll(stage: Stage): Promise<Outcome[]> {
  await define(stage);
  if (stage.concurrent) return Promise.all(HISTORIES.map((history) => playOne(stage, history)));
  const outcomes: Outcome[] = [];
  for (const history of HISTORIES) outcomes.push(await playOne(stage, history));
  return outcomes;
}

async function playOne(stage: Stage, { journey, customer, play }: History): Promise<Outcome> {
  await play(stage, customer);
  const runOf = async () => (await itemsOf(stage, `/v1/journeys/${journey}/runs?profileId=${customer}`))[0];
  await stage.until(`${customer} to end ${journey}`, async () => (await runOf())?.status === 'closed');
  await stage.rest();
  const tasks = await itemsOf(stage, '/v1/tasks?queue=customer-service');
  return {
    journey,
    customer,
    outcome: (await runOf())?.outcome,
    sent: await sentTo(stage, customer),
    tasks: tasks.filter(({ profileId }) => profileId === customer).map(({ title }) => title),
  };
}

/** @throws Error with what differs */
export function compare(emulated: Outcome[], embedded: Outcome[]): void {
  for (const [index, one] of emulated.entries()) {
    const other = embedded[index];
    if (!isDeepStrictEqual(one, other))
      throw new Error(`the emulator: ${JSON.stringify(one)}\nthe embedded cloud: ${JSON.stringify(other)}`);
  }
}
