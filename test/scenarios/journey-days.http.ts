import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.reset();
});
afterAll(() => releaseCairn(cairn));

it('a journey’s funnel has the days of the settings’ timezone', async () => {
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, timezone: 'Asia/Shanghai' });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/late', {
    name: 'Late',
    entry: { event: 'Cart Left' },
    start: 'breathe',
    nodes: { breathe: { type: 'wait', for: '30m', next: 'done' }, done: { type: 'end', outcome: 'rested' } },
  });
  await cairn.ok('marketer', 'POST', '/v1/journeys/late/publish');
  const enter = async (people: string[]) => {
    for (const person of people) await cairn.track(person, 'Cart Left', {});
    await cairn.local('POST', 'settle');
  };
  const today = (await cairn.now()).slice(0, 10);
  const dayAfter = (days: number) => new Date(Date.parse(today) + days * 24 * 3_600_000).toISOString().slice(0, 10);
  // Half an hour before midnight in Shanghai, and at midnight.
  await cairn.local('POST', 'advance', { to: `${dayAfter(1)}T15:30:00Z` });
  await enter(['a', 'b', 'c']);
  await cairn.local('POST', 'advance', { to: `${dayAfter(1)}T16:00:00Z` });
  await enter(['d', 'e']);
  await cairn.advance('2d');

  const of = async (from: string, to: string, more = '') => {
    const path = `/v1/reports/journey/late?from=${from}&to=${to}${more}`;
    const { entered, outcomes, nodes } = await cairn.ok<{
      entered: number;
      outcomes: object;
      nodes: { entered: number; left: object }[];
    }>('viewer', 'GET', path);
    return { entered, outcomes, breathe: nodes[0]?.entered, left: nodes[0]?.left };
  };
  for (const more of ['', '&version=1']) {
    expect(await of(dayAfter(1), dayAfter(1), more)).toEqual({ entered: 3, outcomes: {}, breathe: 3, left: {} });
    const second = { entered: 2, outcomes: { rested: 5 }, breathe: 2, left: { done: 5 } };
    expect(await of(dayAfter(2), dayAfter(2), more)).toEqual(second);
    expect(await of(dayAfter(0), dayAfter(5), more)).toEqual({ ...second, entered: 5, breathe: 5 });
  }
});
