import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { durationMs } from '../../core/time/duration.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
  await cairn.ok('marketer', 'PUT', '/v1/tags/met', { name: 'Met' });
  const content = { sms: { text: 'Hello' } };
  await cairn.ok('marketer', 'PUT', '/v1/templates/hello', { class: 'marketing', content });
});

const DONE = { type: 'end', outcome: 'done' };
const DAY = { type: 'wait', for: '24h', next: 'done' };
const journeyOf = (entry: Json, nodes: Json, more: Json = {}): Json => ({
  name: 'Journey',
  entry,
  start: Object.keys(nodes)[0],
  nodes: { ...nodes, done: DONE },
  ...more,
});
const put = (id: string, journey: Json) => cairn.as('marketer', 'PUT', `/v1/journeys/${id}`, journey);
async function publish(id: string, journey: Json): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey);
  await cairn.ok('marketer', 'POST', `/v1/journeys/${id}/publish`);
}
const runsOf = async (id: string, profileId: string): Promise<Json[]> =>
  (await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/${id}/runs?profileId=${profileId}`)).items;

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

describe('an exit and a goal that name the result of a node', () => {
  it('hold for the code that this run has drawn, for no other code, and so in the dry run', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/gifts', {
      name: 'Gifts',
      redeemedBy: [{ event: 'Redeemed', code: 'code' }],
    });
    await cairn.ok('marketer', 'POST', '/v1/coupon-pools/gifts/codes', { codes: ['A1', 'A2'] });
    const own = { event: 'Redeemed', same: { code: 'gift.code' } };
    const nodes = { gift: { type: 'coupon', pool: 'gifts', next: 'day' }, day: DAY };
    await publish('gifts', journeyOf({ event: 'Joined' }, nodes, { exit: [{ ...own, outcome: 'used' }], goal: own }));
    await cairn.track('ann', 'Joined');
    await cairn.advance('1h');
    await cairn.track('ann', 'Redeemed', { code: 'B2' });
    await cairn.local('POST', 'settle');
    expect(await runsOf('gifts', 'ann')).toMatchObject([{ status: 'open', node: 'day' }]);
    await cairn.track('ann', 'Redeemed', { code: 'A1' });
    await cairn.local('POST', 'settle');
    expect(await runsOf('gifts', 'ann')).toMatchObject([{ status: 'closed', outcome: 'used' }]);
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/gifts')).toMatchObject({ goal: { reached: 1 } });
    // A dry run draws made-up codes: the pool's id and a number.
    const events = [{ after: '1h', event: 'Redeemed', properties: { code: 'gifts-1' } }];
    expect(await cairn.ok('marketer', 'POST', '/v1/journeys/gifts/simulate', { profile: {}, events })).toMatchObject({
      outcome: 'used',
    });
  });
});

describe('an exit', () => {
  it('goes before an entry: what ends a run may begin the next', async () => {
    const again = { reentry: 'always', exit: [{ event: 'Cart Changed', same: 'cart', outcome: 'changed' }] };
    await publish('cart', journeyOf({ event: 'Cart Changed', key: 'cart' }, { day: DAY }, again));
    await cairn.track('ann', 'Cart Changed', { cart: 'c1' });
    await cairn.advance('1h');
    await cairn.track('ann', 'Cart Changed', { cart: 'c1' });
    expect(await runsOf('cart', 'ann')).toMatchObject([
      { status: 'open', key: 'c1', since: '2026-11-02T02:00:00.000Z' },
      { status: 'closed', outcome: 'changed', reason: 'exited', since: '2026-11-02T02:00:00.000Z' },
    ]);
    // In one batch too, and what comes behind the entry ends nothing before it.
    const batch = ['Cart Changed', 'Cart Changed'].map((event) => ({
      type: 'track',
      userId: 'bob',
      event,
      properties: { cart: 'c1' },
    }));
    await cairn.post('batch', { batch });
    expect((await runsOf('cart', 'bob')).map(({ status }) => status).sort()).toEqual(['closed', 'open']);
    await cairn.advance('25h');
    expect((await runsOf('cart', 'ann')).map(({ outcome }) => outcome)).toEqual(['done', 'changed']);
  });

  it('that came before its entry, and lies after it, counts and sets its tags', async () => {
    const exit = [{ event: 'Ordered', outcome: 'ordered', addTags: ['met'] }];
    await publish('late', journeyOf({ event: 'Looked' }, { day: DAY }, { exit }));
    await cairn.track('ann', 'Ordered', {}, { timestamp: '2026-11-02T00:59:00Z' });
    await cairn.track('ann', 'Looked', {}, { timestamp: '2026-11-02T00:58:00Z' });
    expect(await runsOf('late', 'ann')).toMatchObject([{ status: 'closed', outcome: 'ordered' }]);
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/late')).toMatchObject({
      entered: 1,
      open: 0,
      outcomes: { ordered: 1 },
    });
    expect(await cairn.ok('viewer', 'GET', '/v1/profiles/ann')).toMatchObject({ tags: [{ id: 'met' }] });
  });

  it('a second before midnight stops the message that is due at midnight', async () => {
    const nodes = {
      night: { type: 'wait', until: { time: '00:00' }, next: 'say' },
      say: { type: 'send', template: 'hello', channels: ['sms'], next: 'done' },
    };
    await publish('night', journeyOf({ event: 'Looked' }, nodes, { exit: [{ event: 'Ordered' }] }));
    const context = { consent: { categoryPreferences: { sms: true } } };
    for (const userId of ['ann', 'bob']) {
      await cairn.identify(userId, { phone: '+8613800138000' }, { context });
      await cairn.track(userId, 'Looked');
    }
    await cairn.advanceTo('2026-11-02T15:59:59.000Z');
    await cairn.track('ann', 'Ordered');
    await cairn.advance('1h');
    expect((await cairn.outbox()).map(({ at, profileId }) => [at, profileId])).toEqual([
      ['2026-11-02T16:00:00.000Z', 'bob'],
    ]);
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

describe('an update', () => {
  it('is seen by what follows it, at once', async () => {
    const content = { sms: { text: 'You are {{ profile.level }}' } };
    await cairn.ok('marketer', 'PUT', '/v1/templates/hello', { class: 'marketing', content });
    const seen = { all: [{ trait: 'level', eq: 'gold' }, { tag: 'met' }, { trait: 'old', exists: false }] };
    const nodes = {
      mark: { type: 'update', traits: { level: '{{ data.level }}', old: null }, addTags: ['met'], next: 'which' },
      which: { type: 'branch', cases: [{ if: seen, next: 'say' }], default: 'done' },
      say: { type: 'send', template: 'hello', channels: ['sms'], next: 'call' },
      call: { type: 'task', queue: 'sales', title: 'Call {{ profile.level }}', next: 'done' },
    };
    await publish('mark', journeyOf({ event: 'Looked' }, nodes));
    const context = { consent: { categoryPreferences: { sms: true } } };
    await cairn.identify('ann', { phone: '+8613800138000', level: 'iron', old: 1 }, { context });
    await cairn.track('ann', 'Looked', { level: 'gold' });
    expect((await cairn.outbox()).map(({ text }) => text)).toEqual(['You are gold']);
    expect(await cairn.ok('marketer', 'GET', '/v1/tasks?queue=sales')).toMatchObject({
      items: [{ title: 'Call gold' }],
    });
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

describe('a definition', () => {
  it('is warned of events that never came, and of tags that are not there yet', async () => {
    await cairn.track('ann', 'Looked');
    const nodes = {
      ask: { type: 'wait-for', timeout: '1d', onTimeout: 'mark', for: [{ event: 'Answerd', next: 'before' }] },
      // A run's end is an event of Cairn's own, so that no name can be misspelt here.
      before: {
        type: 'branch',
        cases: [{ if: { journey: 'doubtful', ended: 'met', within: '7d' }, next: 'done' }],
        default: 'mark',
      },
      mark: { type: 'update', addTags: ['met', 'metal'], next: 'done' },
    };
    const exit = [{ event: 'Ordered' }, { event: 'Unsubscribed' }];
    expect((await put('doubtful', journeyOf({ event: 'Looked' }, nodes, { exit }))).body.warnings).toEqual([
      { path: '/exit/0/event', message: 'no event Ordered has ever come' },
      { path: '/nodes/ask/for/0/event', message: 'no event Answerd has ever come' },
      { path: '/nodes/mark/addTags/1', message: 'there is no tag metal yet' },
    ]);
  });

  it('is warned no longer of what has come since', async () => {
    const nodes = {
      ask: { type: 'wait-for', timeout: '1d', onTimeout: 'mark', for: [{ event: 'Replied', next: 'mark' }] },
      mark: { type: 'update', addTags: ['late'], next: 'done' },
    };
    const replied = { path: '/nodes/ask/for/0/event', message: 'no event Replied has ever come' };
    const refunded = { path: '/exit/0/event', message: 'no event Refunded has ever come' };
    await cairn.track('ann', 'Looked');
    const made = await put('settling', journeyOf({ event: 'Looked' }, nodes, { exit: [{ event: 'Refunded' }] }));
    expect(made.body.warnings).toEqual([
      refunded,
      replied,
      { path: '/nodes/mark/addTags/0', message: 'there is no tag late yet' },
    ]);
    const segment = { name: 'Late', if: { all: [{ tag: 'late' }, { tag: 'later' }] } };
    const { warnings } = await cairn.ok<{ warnings: Json[] }>('marketer', 'PUT', '/v1/segments/late', segment);
    expect(warnings.map(({ path }) => path)).toEqual(['/if/all/0', '/if/all/1']);

    await cairn.track('ann', 'Replied');
    await cairn.local('POST', 'settle');
    await cairn.ok('marketer', 'PUT', '/v1/tags/late', { name: 'Late' });

    type Seen = { id: string; warnings: Json[] };
    const get = <T>(path: string) => cairn.ok<T>('viewer', 'GET', `/v1/${path}`);
    expect((await get<Seen>('journeys/settling')).warnings).toEqual([refunded]);
    expect((await get<Seen>('segments/late')).warnings.map(({ path }) => path)).toEqual(['/if/all/1']);
    const { items } = await get<{ items: Seen[] }>('journeys?status=draft&limit=200');
    expect(items.find(({ id }) => id === 'settling')?.warnings).toEqual([refunded]);
    expect((await get<{ items: Seen[] }>('journeys/settling/versions')).items[0]?.warnings).toEqual([refunded]);
  });

  it('is warned of a schedule whose last time is past', async () => {
    const scheduled = (days: Json) => journeyOf({ schedule: { every: 'day', time: '09:00', ...days } }, { day: DAY });
    const today = (await cairn.now()).slice(0, 10);
    const inDays = (days: number) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
    const past = [
      { path: '/entry/schedule/until', message: 'nobody enters any more: the last time of the schedule is past' },
    ];
    expect((await put('gone', scheduled({ until: inDays(-2) }))).body.warnings).toEqual(past);
    expect((await cairn.ok<Json>('marketer', 'POST', '/v1/journeys/gone/submit')).warnings).toEqual(past);
    expect((await put('gone', scheduled({ until: inDays(-3), timezone: 'Asia/Tokyo' }))).body.warnings).toEqual(past);
    // In some zone it is still yesterday.
    expect((await put('gone', scheduled({ until: inDays(1) }))).body.warnings).toEqual([]);
    expect((await put('gone', scheduled({ from: inDays(90), until: inDays(99) }))).body.warnings).toEqual([]);
    expect(await put('gone', scheduled({ from: inDays(3), until: inDays(2) }))).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/entry/schedule/until', message: 'must not be before `from`' }] },
    });
  });

  it('is warned of a coupon that is shown and never drawn, at submit also of a newer template', async () => {
    const template = (text: string) =>
      cairn.ok('marketer', 'PUT', '/v1/templates/code', { class: 'transactional', content: { sms: { text } } });
    const send = { type: 'send', template: 'code', next: 'done' };
    const note = { type: 'update', traits: { code: '{{ coupon.code }}' }, next: 'notify' };
    await cairn.ok('marketer', 'PUT', '/v1/coupon-pools/codes', { name: 'Codes' });
    await template('{% if coupon %}{{ coupon.code }}{% endif %} {{ coupon.code | default: "-" }}');
    await cairn.track('ann', 'Looked');
    const journey = journeyOf({ event: 'Looked' }, { notify: send });
    expect((await put('codeless', journey)).body.warnings).toEqual([]);
    await template('Your code: {{ coupon.code }}');
    const unseen = 'needs coupon.code, and no coupon node lies before';
    expect((await cairn.ok<Json>('marketer', 'POST', '/v1/journeys/codeless/submit')).warnings).toEqual([
      { path: '/nodes/notify/template', message: `${unseen}: the message fails` },
    ]);
    expect((await put('codeless', journeyOf({ event: 'Looked' }, { note, notify: send }))).body.warnings).toEqual([
      { path: '/nodes/note/traits/code', message: `${unseen}: it has no value` },
      { path: '/nodes/notify/template', message: `${unseen}: the message fails` },
    ]);
    const draw = { type: 'coupon', pool: 'codes', next: 'note' };
    expect((await put('codeless', journeyOf({ event: 'Looked' }, { draw, note, notify: send }))).body.warnings).toEqual(
      [],
    );
  });

  it('that would start itself again is refused, whatever lies between', async () => {
    const starts = (journey: string) => journeyOf({ api: true }, { on: { type: 'journey', journey, next: 'done' } });
    await publish('c', journeyOf({ api: true }, { day: DAY }));
    await publish('b', starts('c'));
    await publish('a', starts('b'));
    await put('c', starts('a'));
    expect(await cairn.as('marketer', 'POST', '/v1/journeys/c/submit')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/nodes/on/journey', message: 'starts itself again: c → a → b → c' }] },
    });
    await put('c', journeyOf({ event: 'Asked' }, { day: DAY }));
    expect((await cairn.as('marketer', 'POST', '/v1/journeys/c/submit')).status).toBe(200);
  });

  it('that needs send windows is refused, as long as there are none', async () => {
    const window = { hours: [['10:00', '12:00']] };
    const refusal = { path: '/window', message: 'send windows are not available yet' };
    await put('open', journeyOf({ event: 'Looked' }, { day: DAY }, { window }));
    for (const answer of [
      await cairn.as('marketer', 'POST', '/v1/journeys/open/submit'),
      await cairn.as('admin', 'PUT', '/v1/settings', { window }),
    ])
      expect(answer).toMatchObject({ status: 422, body: { errors: [refusal] } });
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
