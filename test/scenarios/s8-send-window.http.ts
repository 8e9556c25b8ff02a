import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { publishExample, runsOf, sentTo } from './example-journeys.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** Weekdays, in the late morning and in the evening, as S8 has it. */
const WINDOW = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  hours: [
    ['10:00', '12:00'],
    ['19:00', '21:00'],
  ],
  calendar: 'cn',
};
const send = (more: Json = {}) => ({ type: 'send', template: 'news', channels: ['email'], next: 'hour', ...more });

async function publish(id: string, node: Json, more: Json = {}): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    name: id,
    owner: 'growth',
    entry: { event: id },
    reentry: 'always',
    start: 'notify',
    nodes: { notify: node, hour: { type: 'wait', for: '1h', next: 'done' }, done: { type: 'end' } },
    ...more,
  });
  await cairn.publish(id);
}

async function meet(id: string, timezone: string): Promise<void> {
  const context = { consent: { categoryPreferences: { sms: true, email: true } } };
  await cairn.identify(id, { email: `${id}@example.com`, phone: '+8613800138000', timezone }, { context });
}

beforeEach(async () => {
  await cairn.reset();
  const content = { sms: { text: 'News' }, email: { subject: 'News', text: 'News' } };
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content });
  await cairn.ok('marketer', 'PUT', '/v1/templates/code', { class: 'transactional', content });
  await meet('ann', 'Asia/Shanghai');
});

/** Instants at which messages were sent. */
const sent = async (profileId = 'ann'): Promise<string[]> => (await cairn.outbox({ profileId })).map(({ at }) => at);

interface Row {
  status: string;
  reason?: string;
  history: { status: string; detail?: string }[];
}
async function newest(profileId = 'ann'): Promise<Row> {
  const { items } = await cairn.ok<{ items: { id: string }[] }>('viewer', 'GET', `/v1/messages?profileId=${profileId}`);
  return cairn.ok<Row>('viewer', 'GET', `/v1/messages/${items[0]?.id}`);
}
const run = async (journey: string): Promise<Json | undefined> =>
  (await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/${journey}/runs?profileId=ann`)).items[0];

/** When a message leaves that is due then; the run must wait for it at its `send`. */
async function leaves(due: string, profileId = 'ann'): Promise<string | undefined> {
  await cairn.advanceTo(due);
  await cairn.track(profileId, 'news');
  expect(await sent(profileId)).toEqual([]);
  expect(await newest(profileId)).toMatchObject({ status: 'deferred' });
  await cairn.advance('10d');
  expect(await sent(profileId)).toHaveLength(1);
  return (await sent(profileId))[0];
}

describe('S8, a message in the send window', () => {
  it('of the example offers help on working days alone, and each answer counts from then', async () => {
    await publishExample(cairn, 'quote-help');
    // Three at night, a Sunday, and a Friday evening after the last hour.
    await cairn.advanceTo('2026-11-02T19:00:00.000Z');
    await cairn.track('ann', 'Quote Viewed', { quote_id: 'a' });
    await cairn.advanceTo('2026-11-06T13:00:00.000Z');
    await cairn.track('ann', 'Quote Viewed', { quote_id: 'b' });
    await cairn.advanceTo('2026-11-08T03:00:00.000Z');
    await meet('bob', 'Asia/Tokyo');
    await cairn.track('bob', 'Quote Viewed', { quote_id: 'c' });
    await cairn.advanceTo('2026-11-09T02:10:00.000Z');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-03T02:00:00.000Z quote-help',
      '2026-11-09T02:00:00.000Z quote-help',
    ]);
    expect(await sentTo(cairn, 'bob')).toEqual(['2026-11-09T01:00:00.000Z quote-help']);
    await cairn.track('ann', 'Question Asked', { quote_id: 'b' });
    expect(await runsOf(cairn, 'quote-help', 'ann')).toEqual(['offered', 'offered']);
    expect(await cairn.ok('marketer', 'GET', '/v1/tasks?queue=sales')).toMatchObject({
      items: [{ title: 'Answer a question about quote b' }],
    });
  });

  it('leaves at once, and its run goes on', async () => {
    await publish('news', send(), { window: WINDOW });
    // Monday, 10:00 in Shanghai.
    await cairn.advanceTo('2026-11-02T02:00:00.000Z');
    await cairn.track('ann', 'news');
    expect(await sent()).toEqual(['2026-11-02T02:00:00.000Z']);
    expect(await run('news')).toMatchObject({ node: 'hour' });
  });

  it('waits from three at night for the morning; its run rests, and what follows counts from then', async () => {
    await publish('news', send(), { window: WINDOW });
    await cairn.advanceTo('2026-11-02T19:00:00.000Z');
    await cairn.track('ann', 'news');
    expect(await newest()).toMatchObject({
      status: 'deferred',
      history: [{ status: 'deferred', detail: 'outside-window' }],
    });
    expect(await run('news')).toMatchObject({ status: 'parked', node: 'notify' });
    await cairn.advanceTo('2026-11-03T01:59:59.999Z');
    expect(await sent()).toEqual([]);
    await cairn.advanceTo('2026-11-03T02:00:00.000Z');
    expect(await sent()).toEqual(['2026-11-03T02:00:00.000Z']);
    await cairn.advanceTo('2026-11-03T02:59:59.000Z');
    expect(await run('news')).toMatchObject({ status: 'open', node: 'hour' });
    await cairn.advance('1s');
    expect(await run('news')).toMatchObject({ status: 'closed' });
  });

  it.each([
    ['at noon, in the evening', '2026-11-02T04:00:00.000Z', '2026-11-02T11:00:00.000Z'],
    ['on Friday at nine, on Monday', '2026-11-06T13:00:00.000Z', '2026-11-09T02:00:00.000Z'],
    ['on a Sunday, on Monday', '2026-11-08T03:00:00.000Z', '2026-11-09T02:00:00.000Z'],
    // New Year is a Friday; the calendar of China as it is built in does not know 2027, so a renewed one says so.
    ['on a holiday, on the next working day', '2027-01-01T03:00:00.000Z', '2027-01-04T02:00:00.000Z'],
    ['the night before a make-up workday, on that Saturday', '2027-01-15T14:00:00.000Z', '2027-01-16T02:00:00.000Z'],
  ])('due %s', async (_, due, expected) => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { validFor: { journey: '9d' }, window: WINDOW });
    await cairn.ok('marketer', 'PUT', '/v1/calendars/cn', { holidays: ['2027-01-01'], workdays: ['2027-01-16'] });
    await publish('news', send());
    expect(await leaves(due)).toBe(expected);
  });

  it('is skipped where its window says so, and the run goes on', async () => {
    await publish('news', send({ window: { ...WINDOW, otherwise: 'skip' } }));
    await cairn.track('ann', 'news');
    expect(await newest()).toMatchObject({ status: 'suppressed', reason: 'outside-window' });
    expect(await run('news')).toMatchObject({ node: 'hour' });
  });

  it('that cannot leave while it is valid expires, and the run goes on', async () => {
    await publish('news', send(), { window: WINDOW, validFor: '30m' });
    await cairn.advanceTo('2026-11-02T13:00:00.000Z');
    await cairn.track('ann', 'news');
    expect(await newest()).toMatchObject({ status: 'deferred' });
    await cairn.advance('31m');
    expect(await newest()).toMatchObject({ status: 'suppressed', reason: 'expired' });
    expect(await run('news')).toMatchObject({ node: 'hour' });
  });

  it('of the hours of China waits for eight, whatever its journey allows; a code does not', async () => {
    await publish('news', send({ channels: ['sms'], window: 'none' }));
    await cairn.advanceTo('2026-11-02T14:00:00.000Z');
    await cairn.track('ann', 'news');
    expect(await newest()).toMatchObject({ status: 'deferred', history: [{ detail: 'country-hours' }] });
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: 'ann', template: 'code' });
    await cairn.local('POST', 'settle');
    expect(await sent()).toEqual(['2026-11-02T14:00:00.000Z']);
    await cairn.advance('1d');
    expect(await sent()).toEqual(['2026-11-02T14:00:00.000Z', '2026-11-03T00:00:00.000Z']);
  });

  it('is gated again when the window opens', async () => {
    await publish('news', send(), { window: WINDOW });
    await cairn.advanceTo('2026-11-02T19:00:00.000Z');
    await cairn.track('ann', 'news');
    await cairn.ok('marketer', 'POST', '/v1/profiles/ann/consents', { key: 'email', granted: false });
    await cairn.advance('1d');
    expect(await sent()).toEqual([]);
    expect(await newest()).toMatchObject({ status: 'suppressed', reason: 'no-consent' });
  });
});

describe('S8 where clocks are changed', () => {
  it.each([
    // 14 March 2027: 02:00 is 03:00.
    ['America/New_York', [['02:30', '04:00']], '2027-03-14T05:00:00.000Z', '2027-03-14T07:00:00.000Z'],
    ['America/New_York', [['02:15', '02:45']], '2027-03-14T05:00:00.000Z', '2027-03-15T06:15:00.000Z'],
    // 7 November 2027: 02:00 is 01:00 again. The second 01:15 is outside hours that ended at the first 01:30.
    ['America/New_York', [['00:30', '01:30']], '2027-11-07T06:15:00.000Z', '2027-11-08T05:30:00.000Z'],
    // 3 October 2027: 02:00 is 02:30. 4 April 2027: 02:00 is 01:30 again.
    ['Australia/Lord_Howe', [['02:10', '03:00']], '2027-10-02T13:00:00.000Z', '2027-10-02T15:30:00.000Z'],
    ['Australia/Lord_Howe', [['01:00', '01:45']], '2027-04-03T15:10:00.000Z', '2027-04-04T14:30:00.000Z'],
  ])('in %s, %j, due at %s', async (timezone, hours, due, expected) => {
    await meet('bob', timezone);
    await publish('news', send(), { window: { hours } });
    expect(await leaves(due, 'bob')).toBe(expected);
  });
});
