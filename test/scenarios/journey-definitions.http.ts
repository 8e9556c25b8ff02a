import { describe, expect, it } from 'vitest';
import { cairn, DAY, type Json, journeyOf, publish, put, setUpJourneys } from './journeys-harness.ts';

setUpJourneys();

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
      cairn.ok('marketer', 'PUT', '/v1/templates/code', {
        class: 'transactional',
        content: { sms: { text: `【Shop】${text}` } },
      });
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
});
