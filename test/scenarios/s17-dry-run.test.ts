import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durationMs } from '../../core/time/duration.ts';
import type { Cairn } from './cairn.ts';
import {
  abandonedCart,
  dice,
  type Happening,
  type History,
  instantsOf,
  newCustomer,
  randomJourney,
  walked,
} from './dry-run-histories.ts';
import { type Answer, allTasks, rowsOf, seenDry, seenReal, type Task } from './dry-run-seen.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
const START = '2026-11-02T01:00:00.000Z';
const UNTIL = '12d';
const SEED = 17;
const LIVE = ['new-customer', 'cart-abandoned'];
/** Random journeys, and customers of each; `npm run test:search` runs 150 customers. */
const WALKS = Number(process.env.WALKS ?? 3);
const EACH = Number(process.env.WALKERS ?? 5);
const RANDOM = Array.from({ length: WALKS }, (_, index) => `walk-${index + 1}`);
/** Kinds of items that must occur in the histories, or the test would prove little. The rare ones occur only among many customers. */
const TYPES = [
  ...['exit', 'refused', 'resolved', 'timeout', 'branch', 'split', 'update', 'tag', 'completed', 'coupon'],
  ...(WALKS < 15 ? [] : ['audience', 'open', 'reentry', 'key', 'no-consent', 'no-address', 'daily-cap']),
];
const at = (after: string): string => new Date(Date.parse(START) + durationMs(after)).toISOString();

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [{ max: 1, per: 'day' }] });
  await cairn.install('tags', 'sleeping');
  await cairn.ok('marketer', 'PUT', '/v1/tags/met', { name: 'Met' });
  const pool = { name: 'Random', redeemedBy: [{ event: 'Coupon Redeemed', code: 'code' }] };
  await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/pool', pool);
  for (const id of ['welcome-50', 'cart-30']) await cairn.install('coupon-pools', id);
  for (const id of ['pool', 'welcome-50', 'cart-30']) {
    const codes = Array.from({ length: 250 }, (_, index) => `CODE-${index}`);
    await cairn.ok('marketer', 'POST', `/v1/coupon-pools/${id}/codes`, { codes });
  }
  for (const id of ['welcome-coupon', 'tutorial', 'cart-reminder', 'cart-last-call'])
    await cairn.install('templates', id);
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    content: {
      sms: { text: 'News {{ data.n }} {{ coupon.code | default: "-" }} https://example.com/news' },
      push: { title: 'News', body: '{{ data.seen.n | default: "none" }} for {{ profile.level | default: "all" }}' },
    },
  });
  for (const id of LIVE) await cairn.install('journeys', id);
});
afterAll(() => releaseCairn(cairn));

const simulate = (journey: string, body: Json) =>
  cairn.ok<Answer>('marketer', 'POST', `/v1/journeys/${journey}/simulate`, body);
const batch = (items: Json[]) =>
  cairn.call(
    'POST',
    '/v1/batch',
    { batch: items },
    { authorization: `Basic ${Buffer.from('dev:').toString('base64')}` },
  );

/** Does at this instant what the history says; what cannot be done (a click on what was not sent) is not. */
async function happen(
  { userId, journey }: History,
  happening: Happening,
  tasks: () => Promise<Task[]>,
): Promise<Json[]> {
  if ('event' in happening) {
    const { event, properties = {}, context } = happening;
    return [{ type: 'track', userId, event, properties, ...(context ? { context } : {}) }];
  }
  if ('traits' in happening) return [{ type: 'identify', userId, traits: happening.traits }];
  if ('task' in happening) {
    const mine = (await tasks()).find(
      (task) => task.profileId === userId && task.source.id === journey && task.source.node === happening.task,
    );
    if (mine?.status === 'open')
      await cairn.as('marketer', 'POST', `/v1/tasks/${mine.id}/complete`, { outcome: happening.outcome });
    return [];
  }
  const newest = (await rowsOf(cairn, userId)).find(({ source }) => source.node === happening.message);
  if (newest?.history.some(({ status }) => status === 'sent') === true)
    await cairn.local('POST', 'feedback', { messageId: newest.id, kind: happening.was });
  return [];
}

function histories(nodes: Record<string, Record<string, Json>>): History[] {
  const random = dice(SEED);
  const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  return [
    ...many(2 * EACH, (index) => newCustomer(random, `new-${index}`)),
    ...many(2 * EACH, (index) => abandonedCart(random, `cart-${index}`)),
    ...RANDOM.flatMap((id) => many(EACH, (index) => walked(random, `${id}-${index}`, id, nodes[id] ?? {}))),
  ];
}

describe('S17, the dry run', () => {
  it('walks a test customer before the journey is published', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/draft', {
      name: 'Draft',
      owner: 'growth',
      entry: { event: 'Never Sent' },
      start: 'notify',
      nodes: { notify: { type: 'send', template: 'news', channels: ['sms'], next: 'end' }, end: { type: 'end' } },
    });
    const profile = { traits: { phone: '13800138000' }, consent: { sms: true }, timezone: 'Asia/Tokyo' };
    const [before, now] = [await cairn.outbox(), await cairn.now()];
    const answer = await simulate('draft', { profile, trigger: { properties: { n: 7 } } });
    expect(answer.messages).toMatchObject([{ at: now, channel: 'sms', status: 'sent' }]);
    expect(answer.messages[0]?.text).toMatch(/^News 7 - https/);
    expect(await cairn.outbox()).toHaveLength(before.length);
  });

  it('is refused where it is wrong, with pointers, to viewers, and of what is not there', async () => {
    const ask = (role: string, path: string, body: Json) => cairn.as(role, 'POST', `/v1/journeys/${path}`, body);
    const errors = async (body: Json) => {
      const { status, body: problem } = await ask('marketer', 'new-customer/simulate', body);
      return [status, (problem.errors as { path: string }[] | undefined)?.map(({ path }) => path)];
    };
    expect(await errors({})).toEqual([422, ['/profileId']]);
    expect(await errors({ profile: {}, until: '401d' })).toEqual([422, ['/until']]);
    expect(await errors({ profile: {}, events: [{ after: '1h', message: 'rest', was: 'clicked' }] })).toEqual([
      422,
      ['/events/0/message'],
    ]);
    expect(await errors({ profileId: 'nobody-of-that-name' })).toEqual([404, undefined]);
    expect((await ask('marketer', 'nothing/simulate', { profile: {} })).status).toBe(404);
    expect((await ask('marketer', 'new-customer/simulate?version=9', { profile: {} })).status).toBe(404);
    expect((await ask('viewer', 'new-customer/simulate', { profile: {} })).status).toBe(403);
  });

  it('shows for real customers what then really happens', {
    timeout: 120_000 * Math.ceil((WALKS * EACH) / 75),
  }, async () => {
    const nodes: Record<string, Record<string, Json>> = {};
    for (const [index, id] of RANDOM.entries()) {
      const made = randomJourney(dice(SEED + index), id);
      nodes[id] = made.nodes;
      await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, made);
    }
    const all = histories(nodes);
    for (const id of [...LIVE, ...RANDOM]) await cairn.publish(id);
    const past = all.flatMap(({ userId, past: before }) =>
      before ? [{ type: 'track', userId, event: before.event, timestamp: ago(before.ago) }] : [],
    );
    await batch([...past, ...all.map(({ userId, identify }) => ({ type: 'identify', userId, ...identify }))]);
    await cairn.local('POST', 'settle');

    const dry = new Map<string, Answer>();
    for (const { userId, journey, events } of all)
      dry.set(userId, await simulate(journey, { profileId: userId, events, until: UNTIL }));
    expect(await cairn.outbox()).toEqual([]);

    const tagsBefore = await tagsOf(all);
    const before = await cairn.local<{ transitions: number }>('GET', 'counts');
    for (const instant of instantsOf(all)) {
      await cairn.advanceTo(new Date(Date.parse(START) + instant).toISOString());
      const due = all.flatMap((history) =>
        history.events.flatMap((event) => (durationMs(event.after) === instant ? [{ history, event }] : [])),
      );
      // The list is long: once an instant.
      let listed: Promise<Task[]> | undefined;
      const list = () => (listed ??= allTasks(cairn));
      const items: Json[] = [];
      for (const { history, event } of due) items.push(...(await happen(history, event, list)));
      if (items.length > 0) await batch(items);
      await cairn.local('POST', 'settle');
    }
    await cairn.advanceTo(at(UNTIL));

    const outbox = await cairn.outbox();
    const tasks = await allTasks(cairn);
    for (const history of all) {
      const simulated = dry.get(history.userId);
      if (simulated === undefined) throw new Error('not simulated');
      const real = await seenReal(cairn, history, outbox, tasks);
      const dryRun = seenDry(simulated);
      // Tags that were on before appear only when they change.
      const turned = new Set(simulated.timeline.flatMap(({ type, tag }) => (type === 'tag' ? [tag] : [])));
      const kept = (tagsBefore.get(history.userId) ?? []).filter((tag) => !turned.has(tag));
      dryRun.tags = [...dryRun.tags, ...kept].sort();
      expect(dryRun, `${JSON.stringify(history)}\n${JSON.stringify(simulated.timeline, undefined, 1)}`).toEqual(real);
    }
    const after = await cairn.local<{ transitions: number }>('GET', 'counts');
    const transitions = [...dry.values()].reduce((sum, { cost }) => sum + cost.transitions, 0);
    expect(transitions).toBe(after.transitions - before.transitions);
    // The histories cover enough: messages with every outcome, exits, refusals, and all ways.
    const items = [...dry.values()].flatMap(({ timeline }) => timeline);
    const types = items.flatMap(({ type, reason }) => (reason === undefined ? [type] : [type, String(reason)]));
    expect([...new Set(types)]).toEqual(expect.arrayContaining(TYPES));
  });
});

const ago = (duration: string): string => new Date(Date.parse(START) - durationMs(duration)).toISOString();

async function tagsOf(all: readonly History[]): Promise<Map<string, string[]>> {
  const tags = new Map<string, string[]>();
  for (const { userId } of all) {
    const profile = await cairn.ok<{ tags: { id: string }[] }>('marketer', 'GET', `/v1/profiles/${userId}`);
    tags.set(
      userId,
      profile.tags.map(({ id }) => id),
    );
  }
  return tags;
}
