import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface Way {
  name: string;
  holdout?: boolean;
  n: number;
  converted: number;
  rate: number;
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const PEOPLE = Array.from({ length: 16 }, (_, index) => `p${index}`);

const track = (event: string, people: string[]) =>
  cairn.post('batch', {
    batch: people.map((userId) => ({ type: 'track', userId, event, properties: { cart: userId } })),
  });

/** Returns the way that each customer took, which the end of the run shows. */
async function waysTaken(): Promise<Record<string, string>> {
  const { items } = await cairn.ok<{ items: Json[] }>('viewer', 'GET', '/v1/journeys/back/runs?limit=100');
  return Object.fromEntries(items.map(({ profileId, outcome }) => [String(profileId), String(outcome)]));
}
async function report(): Promise<Way[] | undefined> {
  const { nodes } = await cairn.ok<{ nodes: { id: string; ways?: Way[] }[] }>(
    'viewer',
    'GET',
    '/v1/reports/journey/back',
  );
  return nodes.find(({ id }) => id === 'test')?.ways;
}

it('a journey’s report says of each way of a split how many took it and how many of them reached the goal', async () => {
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/back', {
    name: 'Win back',
    entry: { event: 'Cart Left', key: 'cart' },
    goal: { event: 'Ordered', same: 'cart', within: '7d' },
    start: 'breathe',
    nodes: {
      breathe: { type: 'wait', for: '1h', next: 'test' },
      test: {
        type: 'split',
        ways: [
          { name: 'gift', weight: 50, next: 'gift' },
          { name: 'hold', weight: 50, holdout: true, next: 'none' },
        ],
      },
      gift: { type: 'end', outcome: 'gift' },
      none: { type: 'end', outcome: 'hold' },
    },
  });
  await cairn.ok('marketer', 'POST', '/v1/journeys/back/publish');
  await track('Cart Left', PEOPLE);
  // Three before the split, of whom one orders another cart.
  await track('Ordered', ['p0', 'p1']);
  await cairn.track('p2', 'Ordered', { cart: 'another' });
  await cairn.advance('2h');
  const ways = await waysTaken();
  const [gifted, held] = ['gift', 'hold'].map((way) => PEOPLE.filter((userId) => ways[userId] === way));
  expect(gifted?.length).toBeGreaterThan(3);
  expect(held?.length).toBeGreaterThan(3);
  // Then some after it, one of them twice, and one too late.
  const after = ['p3', 'p4', 'p5', 'p6', 'p3'];
  await track('Ordered', after);
  await cairn.advance('8d');
  await cairn.track('p7', 'Ordered', { cart: 'p7' });

  const converted = new Set(['p0', 'p1', ...after]);
  const of = (people: string[] = []) => {
    const count = people.filter((userId) => converted.has(userId)).length;
    return { n: people.length, converted: count, rate: count / people.length };
  };
  expect(await report()).toEqual([
    { name: 'gift', ...of(gifted) },
    { name: 'hold', holdout: true, ...of(held) },
  ]);
  // The lake says the same of the version, which is the only one.
  const all = await cairn.ok<object>('viewer', 'GET', '/v1/reports/journey/back');
  expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/back?version=1')).toEqual(all);
});
