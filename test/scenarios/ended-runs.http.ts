import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** A journey that nobody asks for yet: whoever ends its runs does not send their ends to the profile. */
const wake = {
  name: 'Wake',
  owner: 'growth',
  entry: { event: 'Slept', key: 'night' },
  reentry: 'always',
  start: 'rest',
  nodes: { rest: { type: 'wait', for: '1h', next: 'done' }, done: { type: 'end', outcome: 'woken' } },
};

const asks = (condition: object) => ({
  name: 'Asks',
  owner: 'growth',
  entry: { event: 'Asked' },
  reentry: 'always',
  start: 'which',
  nodes: {
    which: { type: 'branch', cases: [{ if: condition, next: 'yes' }], default: 'no' },
    yes: { type: 'end', outcome: 'yes' },
    no: { type: 'end', outcome: 'no' },
  },
});

async function publish(id: string, journey: object): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey);
  await cairn.publish(id);
}

const outcomes = async (id: string) =>
  (await cairn.ok<{ outcomes: Record<string, number> }>('viewer', 'GET', `/v1/reports/journey/${id}`)).outcomes;

async function tagsOf(user: string): Promise<string[]> {
  const { tags } = await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', `/v1/profiles/${user}`);
  return tags.map(({ id }) => id).sort();
}

const tag = (id: string, condition: object) =>
  cairn.ok('marketer', 'PUT', `/v1/tags/${id}`, {
    name: id,
    layer: 'behaviour',
    owner: 'growth',
    use: 'test',
    if: condition,
  });

beforeEach(async () => {
  await cairn.reset();
  await publish('wake', wake);
  await cairn.identify('ann', {});
  await cairn.identify('bob', {});
  await cairn.track('ann', 'Slept', { night: 1 });
  await cairn.advance('2h');
  await cairn.track('bob', 'Slept', { night: 1 });
  await cairn.local('POST', 'settle');
});

describe('a run that ended before anybody asked', () => {
  it('gives its tag to whoever a new rule asks for, and not the tag of those still in it', async () => {
    await tag('woken', { journey: 'wake', ended: 'woken' });
    await tag('in-wake', { journey: 'wake', is: 'open' });
    await cairn.advance('10m');
    expect(await tagsOf('ann')).toEqual(['woken']);
    expect(await tagsOf('bob')).toEqual(['in-wake']);
    await cairn.advance('1h');
    expect(await tagsOf('bob')).toEqual(['woken']);
  });

  it.each([
    ['is open', { journey: 'wake', is: 'open' }, { ann: 'no', bob: 'yes' }],
    ['ended', { journey: 'wake', ended: 'woken', within: '30d' }, { ann: 'yes', bob: 'no' }],
  ])('is known to a branch that asks whether it %s', async (_, condition, expected) => {
    await publish('asks', asks(condition));
    for (const [user, outcome] of Object.entries(expected)) {
      const before = (await outcomes('asks'))[outcome] ?? 0;
      await cairn.track(user, 'Asked');
      await cairn.local('POST', 'settle');
      expect((await outcomes('asks'))[outcome], user).toBe(before + 1);
    }
  });

  it.each([
    ['is open', { journey: 'wake', is: 'open' }, 'bob'],
    ['ended', { journey: 'wake', ended: 'woken', within: '30d' }, 'ann'],
  ])('is known to an audience that asks whether it %s', async (_, audience, user) => {
    await publish('asks', { ...asks({ trait: 'name', exists: true }), audience });
    for (const one of ['ann', 'bob']) await cairn.track(one, 'Asked');
    await cairn.local('POST', 'settle');
    const { items } = await cairn.ok<{ items: { profileId: string }[] }>('viewer', 'GET', '/v1/journeys/asks/runs');
    expect(items.map(({ profileId }) => profileId)).toEqual([user]);
  });

  it.each([
    ['is open', { journey: 'wake', is: 'open' }, 'bob'],
    ['ended', { journey: 'wake', ended: 'woken' }, 'ann'],
  ])('is known to a preview that asks whether it %s', async (_, condition, user) => {
    const preview = await cairn.ok<{ sample: { profileId: string }[] }>('marketer', 'POST', '/v1/tags/any/preview', {
      if: condition,
    });
    expect(preview.sample.map(({ profileId }) => profileId)).toEqual([user]);
  });

  it('makes room for another: a customer may enter by ever new keys', async () => {
    for (let week = 0; week < 5; week += 1) {
      const nights = Array.from({ length: 100 }, (_, night) => `${week}-${night}`.padEnd(250, '-'));
      const batch = nights.map((night) => ({ type: 'track', userId: 'ann', event: 'Slept', properties: { night } }));
      expect((await cairn.post('batch', { batch })).status).toBe(200);
      await cairn.advance('90m');
    }
    expect((await outcomes('wake')).woken).toBe(2 + 5 * 100);
    const { warnings = [] } = await cairn.ok<{ warnings?: unknown[] }>('viewer', 'GET', '/v1/profiles/ann');
    expect(warnings).toEqual([]);
  });
});
