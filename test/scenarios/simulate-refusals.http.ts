import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import type { Answer } from './dry-run-seen.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
const START = '2026-11-02T01:00:00.000Z';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const simulate = (journey: string, body: Json) =>
  cairn.ok<Answer>('marketer', 'POST', `/v1/journeys/${journey}/simulate`, body);

describe('a dry run says why what comes by itself does not let the customer in', () => {
  const tagged = (on: string) => ({ tag: 'berliner', on });
  const [added, removed] = [tagged('added'), tagged('removed')];
  const inSegment = (on: string) => ({ segment: 'berliners', on });
  const [entered, left] = [inSegment('entered'), inSegment('left')];
  const renewal = { date: { trait: 'renewsOn', offset: '-3d', time: '09:00' } };
  const daily = { schedule: { every: 'day', time: '09:00' } };
  const ended = { schedule: { every: 'day', time: '09:00', until: '2026-10-01' } };
  const spring = { schedule: { every: 'day', time: '09:00', from: '2027-03-01' } };
  const vip = { audience: { trait: 'vip', eq: true } };
  const there = { city: 'Berlin' };
  const move = (after: string, city: string) => ({ after, traits: { city } });
  beforeAll(async () => {
    const rule = { name: 'Berlin', if: { trait: 'city', eq: 'Berlin' } };
    await cairn.ok('marketer', 'PUT', '/v1/tags/berliner', rule);
    await cairn.ok('marketer', 'PUT', '/v1/segments/berliners', rule);
  });

  it.each([
    [added, {}, there, [], ['has-already']],
    [added, {}, {}, [], ['not-added']],
    [removed, {}, {}, [], ['has-not']],
    [removed, {}, there, [], ['not-removed']],
    [entered, {}, there, [], ['has-already']],
    [entered, {}, {}, [], ['not-entered']],
    [left, {}, {}, [], ['has-not']],
    [left, {}, there, [], ['not-left']],
    [added, vip, {}, [move('1h', 'Berlin')], ['audience']],
    [entered, vip, {}, [move('1h', 'Berlin')], ['audience']],
    [added, {}, {}, [move('1h', 'Berlin')], []],
    [added, {}, there, [move('1h', 'Rome'), move('2h', 'Berlin')], []],
    [added, {}, {}, [move('1h', 'Berlin'), move('2h', 'Rome'), move('3h', 'Berlin')], ['reentry']],
    [added, { reentry: 'always' }, {}, [move('1h', 'Berlin'), move('2h', 'Rome'), move('3h', 'Berlin')], []],
    [renewal, {}, {}, [], ['no-trait']],
    [renewal, {}, { renewsOn: 'soon' }, [], ['no-date']],
    [renewal, {}, { renewsOn: 1_796_000_000 }, [], ['no-date']],
    [renewal, {}, { renewsOn: '2026-11-03' }, [], ['past']],
    [renewal, {}, { renewsOn: '2027-11-03' }, [], ['later']],
    [renewal, vip, { renewsOn: '2026-11-20' }, [], ['audience']],
    [renewal, {}, { renewsOn: '2026-11-20' }, [], []],
    [ended, {}, {}, [], ['past']],
    [spring, {}, {}, [], ['later']],
    [daily, vip, {}, [], ['audience', 'audience', 'audience']],
    [daily, { reentry: 'never' }, {}, [], ['reentry', 'reentry']],
  ] as [Json, Json, Json, Json[], string[]][])('%j %j %j %j: %j', async (entry, more, traits, events, reasons) => {
    const nodes = { done: { type: 'end' } };
    await cairn.ok('marketer', 'PUT', '/v1/journeys/refuses', { name: 'R', entry, ...more, start: 'done', nodes });
    const profile = { traits, timezone: 'UTC' };
    const until = 'schedule' in entry ? '60h' : '30d';
    const { timeline } = await simulate('refuses', { profile, at: START, events, until });
    const refused = timeline.filter(({ type }) => type === 'refused');
    expect(refused.map(({ reason }) => reason)).toEqual(reasons);
    if (reasons.length === 0) expect(timeline.map(({ type }) => type)).toContain('entered');
  });

  it('in words, and where it stands', async () => {
    const nodes = { done: { type: 'end' } };
    const refusalOf = async (entry: Json, traits: Json, events: Json[] = []) => {
      await cairn.ok('marketer', 'PUT', '/v1/journeys/refuses', { name: 'R', entry, ...vip, start: 'done', nodes });
      return (await simulate('refuses', { profile: { traits, timezone: 'UTC' }, at: START, events })).timeline;
    };
    expect(await refusalOf(added, there)).toEqual([
      {
        at: START,
        type: 'refused',
        reason: 'has-already',
        tag: 'berliner',
        detail: 'the customer has the tag berliner from the start: it was not added',
      },
    ]);
    expect(await refusalOf(renewal, { renewsOn: '2027-11-03' })).toEqual([
      {
        at: START,
        type: 'refused',
        reason: 'later',
        trait: 'renewsOn',
        next: '2027-10-31T09:00:00.000Z',
        detail: "the time of the trait renewsOn is after the simulation's end",
      },
    ]);
    expect((await refusalOf(added, {}, [move('1h', 'Berlin')])).map(({ type }) => type)).toEqual([
      'traits',
      'segment',
      'tag',
      'refused',
    ]);
  });
});
