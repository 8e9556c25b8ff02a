import { beforeEach, describe, expect, it } from 'vitest';
import { durationMs } from '../../core/time/duration.ts';
import { cairn, DAY, type Json, journeyOf, publish, put, runsOf, setUpJourneys } from './journeys-harness.ts';

setUpJourneys();

describe('an entry by hand', () => {
  it('answers with its run, which is there at once and goes its way; another is refused while it is open', async () => {
    await publish('call', journeyOf({ event: 'Never' }, { day: DAY }, { reentry: 'always' }));
    await cairn.identify('ann', { name: 'Ann' });
    const trigger = () =>
      cairn.ok<Json>('marketer', 'POST', '/v1/journeys/call/trigger', { profileId: 'ann', key: 'a' });
    const { run, ...answer } = await trigger();
    expect(answer).toEqual({ entered: true });
    expect(await runsOf('call', 'ann')).toMatchObject([{ run, key: 'a' }]);
    expect(await trigger()).toEqual({ entered: false, reason: 'open' });
    await cairn.advance('25h');
    expect(await runsOf('call', 'ann')).toMatchObject([{ run, status: 'closed', outcome: 'done' }]);
    expect(await trigger()).toMatchObject({ entered: true });
    await cairn.local('POST', 'settle');
    expect(await runsOf('call', 'ann')).toHaveLength(2);
  });
});

describe('an event that is of the same cart, by its text as a key is read', () => {
  const same = 'cart';
  const nodes = {
    quiet: { type: 'wait-for', timeout: '2h', onTimeout: 'paid', for: [{ event: 'Added', same, next: 'quiet' }] },
    paid: {
      type: 'branch',
      cases: [{ if: { event: 'Paid', since: 'entry', same: { id: 'cart' } }, next: 'done' }],
      default: 'forgotten',
    },
    forgotten: { type: 'end', outcome: 'forgotten' },
  };
  const START = Date.parse('2026-11-02T01:00:00.000Z');
  // A shop's page says 1001, its back end "1001", a form " 1001 ".
  const HISTORY = [
    ['0s', 'Added', { cart: 1001 }],
    ['1h', 'Added', { cart: ' 1001 ' }],
    ['90m', 'Paid', { id: '1002' }],
    ['170m', 'Paid', { id: '1001' }],
  ] as const;

  beforeEach(() => publish('carts', journeyOf({ event: 'Added', key: 'cart' }, nodes)));

  it('resolves a wait and takes a branch', async () => {
    await cairn.track('ann', 'Added', { cart: 1002 });
    for (const [after, event, properties] of HISTORY) {
      await cairn.advanceTo(new Date(START + durationMs(after)).toISOString());
      await cairn.track('ann', event, properties);
    }
    await cairn.advance('1d');
    expect((await runsOf('carts', 'ann')).map(({ key, outcome, since }) => [key, outcome, since]).sort()).toEqual([
      ['1001', 'done', '2026-11-02T04:00:00.000Z'],
      ['1002', 'done', '2026-11-02T03:00:00.000Z'],
    ]);
  });

  it('does so in the dry run, and no rule may ask for it', async () => {
    const [[, , first], ...later] = HISTORY;
    const events = later.map(([after, event, properties]) => ({ after, event, properties }));
    const trigger = { event: 'Added', properties: first };
    expect(
      await cairn.ok<Json>('marketer', 'POST', '/v1/journeys/carts/simulate', { profile: {}, trigger, events }),
    ).toMatchObject({ outcome: 'done' });
    expect(
      await cairn.as('marketer', 'PUT', '/v1/tags/paid', { name: 'Paid', if: { event: 'Paid', same } }),
    ).toMatchObject({
      status: 422,
      body: {
        errors: [{ path: '/if/same', message: "is known only in a journey's run, not in a rule or an audience" }],
      },
    });
  });
});

describe('the runs of one customer', () => {
  it('are listed page by page, newest first, those that came along among them', async () => {
    const entry = { event: 'Looked', key: 'at' };
    await publish('look', journeyOf(entry, { day: DAY }));
    const look = async (who: Json, n: number) => {
      await cairn.post('track', { ...who, event: 'Looked', properties: { at: `k${n}` } });
      await cairn.advance('1m');
    };
    await cairn.identify('ann', {});
    for (let n = 1; n <= 4; n += 1) await look(n % 2 === 0 ? { anonymousId: 'phone' } : { userId: 'ann' }, n);
    await cairn.post('identify', { userId: 'ann', anonymousId: 'phone' });
    await look({ userId: 'ann' }, 5);
    const pages: string[][] = [];
    for (let cursor = ''; pages.length < 9; ) {
      const found = await cairn.ok<{ items: { key: string }[]; next?: string }>(
        'viewer',
        'GET',
        `/v1/journeys/look/runs?profileId=ann&limit=2${cursor}`,
      );
      pages.push(found.items.map(({ key }) => key));
      if (found.next === undefined) break;
      cursor = `&cursor=${found.next}`;
    }
    expect(pages).toEqual([['k5', 'k4'], ['k3', 'k2'], ['k1']]);
    const others = await cairn.as('viewer', 'GET', '/v1/journeys/look/runs?profileId=ann&limit=2&cursor=bm9uZQ');
    expect([others.status, others.body.errors]).toMatchObject([422, [{ path: '/query/cursor' }]]);
  });
});

describe('where a person is', () => {
  it('says what can come next, what for, and when', async () => {
    const nodes = {
      first: { type: 'wait', for: '1h', next: 'asked' },
      asked: {
        type: 'wait-for',
        timeout: '1d',
        onTimeout: 'call',
        for: [
          { event: 'Answered', next: 'done' },
          { tag: 'met', on: 'added', next: 'done' },
        ],
      },
      call: {
        type: 'task',
        queue: 'sales',
        title: 'Call',
        await: { timeout: '2d', outcomes: { won: 'done' }, onTimeout: 'done' },
      },
    };
    await publish('talk', journeyOf({ event: 'Looked' }, nodes));
    await cairn.track('ann', 'Looked');
    const next = async () => (await runsOf('talk', 'ann'))[0]?.next;
    expect(await next()).toEqual([{ node: 'asked', why: 'its wait is over', at: '2026-11-02T02:00:00.000Z' }]);
    await cairn.advance('1h');
    expect(await next()).toEqual([
      { node: 'done', why: 'the event Answered has come' },
      { node: 'done', why: 'the tag met is added' },
      { node: 'call', why: 'none of it has come in time', at: '2026-11-03T02:00:00.000Z' },
    ]);
    await cairn.ok('marketer', 'POST', '/v1/journeys/talk/pause');
    await cairn.advance('25h');
    expect(await runsOf('talk', 'ann')).toMatchObject([
      { status: 'parked', node: 'asked', next: [{ node: 'call', why: 'its journey is resumed' }] },
    ]);
    await cairn.ok('marketer', 'POST', '/v1/journeys/talk/resume');
    await cairn.local('POST', 'settle');
    expect(await next()).toEqual([
      { node: 'done', why: 'it is completed as won' },
      { node: 'done', why: 'it is not completed in time', at: '2026-11-05T03:00:00.000Z' },
    ]);
    await cairn.advance('2d');
    expect(await runsOf('talk', 'ann')).toMatchObject([{ status: 'closed', reason: 'ended', next: [] }]);
  });
});

describe('a schedule', () => {
  it('lets everyone in who belongs to it, each time, from its first day on', async () => {
    const schedule = { every: 'month', days: [1], time: '10:00', from: '2027-03-01', until: '2027-04-30' };
    const audience = { trait: 'city', eq: 'Shanghai' };
    await cairn.identify('ann', { city: 'Shanghai' });
    await cairn.identify('bob', { city: 'Beijing' });
    await publish('monthly', journeyOf({ schedule }, { day: DAY }, { audience }));
    await cairn.advanceTo('2027-06-01T00:00:00.000Z');
    expect((await runsOf('monthly', 'ann')).map(({ since }) => since)).toEqual([
      '2027-04-02T02:00:00.000Z',
      '2027-03-02T02:00:00.000Z',
    ]);
    expect(await runsOf('monthly', 'bob')).toEqual([]);
  });

  it.each([
    [{ every: 'day', time: '10:00', timezone: 'Mars/Base' }, '/entry/schedule/timezone'],
    [{ every: 'day', time: '10:00', from: 'soon' }, '/entry/schedule/from'],
    [{ every: 'week', time: '10:00', days: [31] }, '/entry/schedule/days/0'],
    [{ every: 'month', time: '10:00', days: ['mon'] }, '/entry/schedule/days/0'],
  ])('%j is refused', async (schedule, path) => {
    const answer = await put('wrong', journeyOf({ schedule }, { day: DAY }));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});
