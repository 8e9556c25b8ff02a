import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const end = (outcome: string) => ({ type: 'end', outcome });
const JOURNEYS = {
  leaves: {
    entry: { event: 'Ordered' },
    exit: [
      { tag: 'buyer', on: 'added', outcome: 'buyer' },
      { tag: 'gold', on: 'added', outcome: 'gold' },
    ],
    start: 'rest',
    nodes: { rest: { type: 'wait', for: '1h', next: 'stayed' }, stayed: end('stayed') },
  },
  waits: {
    entry: { event: 'Ordered' },
    start: 'buyer',
    nodes: {
      buyer: {
        type: 'wait-for',
        timeout: '1h',
        for: [{ tag: 'buyer', on: 'added', next: 'is' }],
        onTimeout: 'waited',
      },
      is: end('is'),
      waited: end('waited'),
    },
  },
  tagged: {
    entry: { tag: 'buyer', on: 'added' },
    exit: [
      { tag: 'eager', on: 'added', outcome: 'eager' },
      { tag: 'gold', on: 'added', outcome: 'gold' },
    ],
    start: 'rest',
    nodes: { rest: { type: 'wait', for: '1h', next: 'stayed' }, stayed: end('stayed') },
  },
};
type Id = keyof typeof JOURNEYS;

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('marketer', 'PUT', '/v1/tags/buyer', { name: 'Buyer', if: { event: 'Ordered', within: '10d' } });
  await cairn.ok('marketer', 'PUT', '/v1/tags/eager', { name: 'Eager', if: { tag: 'buyer' } });
  await cairn.ok('marketer', 'PUT', '/v1/tags/gold', { name: 'Gold', if: { event: 'Upgraded', within: '10d' } });
  for (const [id, journey] of Object.entries(JOURNEYS)) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, { name: id, reentry: 'always', ...journey });
    await cairn.publish(id);
  }
});
afterAll(() => releaseCairn(cairn));

async function outcomes(profileId: string, ids: Id[]): Promise<Record<string, (string | undefined)[]>> {
  const found = ids.map(async (id) => {
    const { items } = await cairn.ok<{ items: { outcome?: string }[] }>(
      'marketer',
      'GET',
      `/v1/journeys/${id}/runs?profileId=${profileId}`,
    );
    return [id, items.map(({ outcome }) => outcome)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function simulated(id: Id, events: object[]): Promise<(string | undefined)[]> {
  const { runs } = await cairn.ok<{ runs: { outcome?: string }[] }>('marketer', 'POST', `/v1/journeys/${id}/simulate`, {
    profile: {},
    events,
    until: '1d',
  });
  return runs.map(({ outcome }) => outcome);
}

describe("a run's own entry event", () => {
  it('turns tags that neither end nor resolve it', async () => {
    await cairn.track('ann', 'Ordered');
    await cairn.advance('2h');
    expect(await outcomes('ann', ['leaves', 'waits', 'tagged'])).toEqual({
      leaves: ['stayed'],
      waits: ['waited'],
      tagged: ['stayed'],
    });
    for (const [id, outcome] of [
      ['leaves', 'stayed'],
      ['waits', 'waited'],
      ['tagged', 'stayed'],
    ] as const)
      expect([id, await simulated(id, [{ after: '0s', event: 'Ordered' }])]).toEqual([id, [outcome]]);
  });

  it('is not in the way of tags that were on before, or that others turn, even in one batch with it', async () => {
    const track = (event: string) => ({ type: 'track', userId: 'bob', event });
    await cairn.post('batch', { batch: [track('Ordered'), track('Upgraded')] });
    await cairn.track('cid', 'Ordered');
    await cairn.track('cid', 'Upgraded');
    expect(await outcomes('bob', ['leaves', 'tagged'])).toEqual({ leaves: ['gold'], tagged: ['gold'] });
    expect(await outcomes('cid', ['leaves', 'tagged'])).toEqual({ leaves: ['gold'], tagged: ['gold'] });
    await cairn.advance('2h');
    await cairn.track('bob', 'Ordered');
    expect((await outcomes('bob', ['waits'])).waits?.toSorted()).toEqual(['is', 'waited']);
    const both = [
      { after: '0s', event: 'Ordered' },
      { after: '10m', event: 'Upgraded' },
    ];
    expect(await simulated('leaves', both)).toEqual(['gold']);
  });
});
