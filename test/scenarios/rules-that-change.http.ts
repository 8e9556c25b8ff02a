import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
beforeEach(async () => {
  await cairn.reset();
  await settings({});
});
afterAll(() => releaseCairn(cairn));

const settings = async (more: object) => {
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, ...more });
  await cairn.local('POST', 'settle');
};
interface View {
  version: number;
  warnings: { path: string; message: string }[];
}
const tag = async (id: string, condition?: object): Promise<View> => {
  const view = await cairn.ok<View>('marketer', 'PUT', `/v1/tags/${id}`, { name: id, if: condition });
  await cairn.local('POST', 'settle');
  return view;
};
const members = async (id: string): Promise<string[]> =>
  (await cairn.ok<{ items: { profileId: string }[] }>('viewer', 'GET', `/v1/tags/${id}/members`)).items.map(
    ({ profileId }) => profileId,
  );
const tagsOf = async (id: string) =>
  (await cairn.ok<{ tags: { id: string }[] }>('viewer', 'GET', `/v1/profiles/${id}`)).tags;

/** A journey that waits an hour, or ends at once. */
async function journey(id: string, entry: object, waits = false): Promise<void> {
  const first = waits ? { type: 'wait', for: '1h', next: 'end' } : { type: 'end', outcome: 'seen' };
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    entry,
    reentry: 'always',
    start: 'first',
    nodes: { first, ...(waits ? { end: { type: 'end', outcome: 'woken' } } : {}) },
  });
  await cairn.ok('marketer', 'POST', `/v1/journeys/${id}/publish`);
}
const entriesOf = async (id: string): Promise<string[]> =>
  (await cairn.ok<{ items: { since: string }[] }>('viewer', 'GET', `/v1/journeys/${id}/runs`)).items.map(
    ({ since }) => since,
  );

describe('a tag that asks for an open run', () => {
  it('is on while there is one: for members and journeys too', async () => {
    await journey('wake', { event: 'Go' }, true);
    await tag('in-wake', { journey: 'wake', is: 'open' });
    await tag('woken', { journey: 'wake', ended: 'woken', within: '1d' });
    await journey('seen', { tag: 'in-wake', on: 'added' });
    await journey('gone', { tag: 'in-wake', on: 'removed' });
    await cairn.track('ann', 'Go');
    const start = await cairn.now();
    expect([await members('in-wake'), await entriesOf('seen')]).toEqual([['ann'], [start]]);
    await cairn.advance('1h');
    const end = await cairn.now();
    expect([await members('in-wake'), await members('woken'), await entriesOf('gone')]).toEqual([[], ['ann'], [end]]);
  });
});

describe('a tag', () => {
  it('shows by which version of its rule it is on', async () => {
    await tag('local', { trait: 'city', eq: 'Beijing' });
    await cairn.identify('ann', { city: 'Shanghai' });
    expect((await tag('local', { trait: 'city', startsWith: 'Shang' })).version).toBe(2);
    expect(await tagsOf('ann')).toEqual([{ id: 'local', since: await cairn.now(), version: 2 }]);
  });

  it('by hand leaves everybody when it is deleted, and does not come back with its name', async () => {
    await tag('friend');
    await cairn.identify('ann', {});
    await cairn.ok('marketer', 'PUT', '/v1/profiles/ann/tags/friend');
    await cairn.local('POST', 'settle');
    expect(await members('friend')).toEqual(['ann']);
    await cairn.ok('marketer', 'DELETE', '/v1/tags/friend');
    await cairn.local('POST', 'settle');
    expect(await tagsOf('ann')).toEqual([]);
    await tag('friend');
    expect([await tagsOf('ann'), await members('friend')]).toEqual([[], []]);
  });

  it('that a journey sets by hand is the rule’s alone once it has one', async () => {
    await tag('friend');
    await cairn.ok('marketer', 'PUT', '/v1/journeys/befriend', {
      name: 'Befriend',
      entry: { event: 'Go' },
      start: 'mark',
      nodes: { mark: { type: 'update', addTags: ['friend'], next: 'end' }, end: { type: 'end' } },
    });
    await cairn.ok('marketer', 'POST', '/v1/journeys/befriend/publish');
    await journey('seen', { tag: 'friend', on: 'added' });
    await tag('friend', { trait: 'friend', eq: true });
    await cairn.track('ann', 'Go');
    expect([await tagsOf('ann'), await entriesOf('seen')]).toEqual([[], []]);
  });
});

describe('warnings', () => {
  const beyond = expect.stringContaining('further back than 90 days');
  it('say what a rule cannot see of what was before it', async () => {
    const { warnings } = await tag('several', {
      all: [
        { event: 'Order Completed', within: '90d' },
        { event: 'Order Completed', within: '91d', sum: { of: 'total', gte: 1 } },
        { not: { event: 'Logged In', last: { olderThan: '1d' } } },
        { event: 'Logged In', last: { newerThan: '30d' } },
        { tag: 'nowhere' },
        { trait: 'createdAt', olderThan: '365d' },
      ],
    });
    expect(warnings).toEqual([
      { path: '/if/all/1', message: beyond },
      { path: '/if/all/2/not', message: beyond },
      { path: '/if/all/4', message: expect.stringContaining('tags/nowhere does not exist yet') },
    ]);
    const spent = { event: 'Order Completed', within: '365d', sum: { of: 'total' } };
    const trait = await cairn.ok<View>('marketer', 'PUT', '/v1/computed-traits/spent', spent);
    expect(trait.warnings).toEqual([{ path: '/within', message: beyond }]);
    const journey = await cairn.ok<View>('marketer', 'PUT', '/v1/journeys/buyers', {
      name: 'Buyers',
      entry: { event: 'Go' },
      audience: { all: [{ event: 'Order Completed', within: '365d' }] },
      start: 'which',
      nodes: {
        which: {
          type: 'branch',
          cases: [
            { if: { event: 'Logged In', since: 'entry' }, next: 'end' },
            { if: { not: { event: 'Logged In' } }, next: 'end' },
          ],
          default: 'end',
        },
        end: { type: 'end' },
      },
    });
    const seen = journey.warnings.filter(({ message }) => !message.startsWith('no event'));
    expect(seen).toEqual([
      { path: '/audience/all/0', message: beyond },
      { path: '/nodes/which/cases/1/if/not', message: beyond },
    ]);
  });
});

describe('a preview', () => {
  const preview = (id: string, body?: object) =>
    cairn.ok<{ count: number }>('marketer', 'POST', `/v1/tags/${id}/preview`, body);
  const exactly = (...ids: string[]) => ({
    count: ids.length,
    estimated: false,
    interval: [ids.length, ids.length],
    sample: ids.map((profileId) => ({ profileId })),
  });

  it('counts whom the rule holds, also by what the timeline no longer has', async () => {
    const rule = { event: 'Order Completed', within: '400d', count: { gte: 2 } };
    await tag('twice', rule);
    const now = Date.parse(await cairn.now());
    for (const days of [399, 10]) {
      await cairn.track('ann', 'Order Completed', {}, { timestamp: new Date(now - days * 86_400_000).toISOString() });
    }
    expect(await members('twice')).toEqual(['ann']);
    expect(await preview('twice')).toEqual(exactly('ann'));
    expect(await preview('not-there', { if: rule })).toEqual(exactly('ann'));
    expect(await preview('twice', { if: { ...rule, count: { gte: 3 } } })).toEqual(exactly());
  });

  it('of a tag by hand counts who has it', async () => {
    await tag('friend');
    await cairn.identify('ann', {});
    await cairn.ok('marketer', 'PUT', '/v1/profiles/ann/tags/friend');
    await cairn.local('POST', 'settle');
    expect(await preview('friend')).toEqual(exactly('ann'));
  });
});

describe('settings', () => {
  it('that rules are evaluated by hold for everybody at once', async () => {
    await tag('birthday', { trait: 'birthday', anniversaryWithin: '0d' });
    // 01:00 UTC on the 2nd: still the 1st in New York.
    await cairn.identify('ann', { birthday: '1990-11-01' });
    expect(await members('birthday')).toEqual([]);
    await settings({ timezone: 'America/New_York' });
    expect(await members('birthday')).toEqual(['ann']);
    await settings({ timezone: 'Asia/Shanghai' });
    expect(await members('birthday')).toEqual([]);
  });
});
