import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const CONSENT = { context: { consent: { categoryPreferences: { sms: true } } } };
const phone = (index: number) => `+86138001${String(index).padStart(5, '0')}`;

interface Report {
  from: string;
  to: string;
  totals: Record<string, unknown>;
  rows: ({ key: Record<string, unknown> } & Record<string, unknown>)[];
  revisedAt?: string;
}
const report = (query = '', scope = 'campaign/spring') =>
  cairn.ok<Report>('viewer', 'GET', `/v1/reports/${scope}${query}`);
const rowsBy = async (by: string) => (await report(`?by=${by}`)).rows;

/** 6 customers, of whom c0 wants no SMS; c1 and c2 are VIPs, all but c5 have a city. */
async function send(): Promise<void> {
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    approval: { required: false },
    floors: [],
    reportTraits: ['city'],
    money: { costs: { sms: 0.05 } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/tags/vip', { name: 'VIP', layer: 'base', if: { trait: 'level', eq: 'vip' } });
  await cairn.ok('marketer', 'PUT', '/v1/templates/wake', {
    class: 'marketing',
    content: { sms: { text: 'We miss you https://shop.example/' } },
  });
  for (let index = 0; index < 6; index += 1)
    await cairn.identify(
      `c${index}`,
      {
        phone: phone(index),
        ...(index === 1 || index === 2 ? { level: 'vip' } : {}),
        ...(index === 5 ? {} : { city: index % 2 === 0 ? 'Shanghai' : '杭州' }),
      },
      CONSENT,
    );
  await cairn.ok('marketer', 'POST', '/v1/profiles/c0/consents', { key: 'sms', granted: false });
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', {
    name: 'Spring',
    audience: { trait: 'phone', exists: true },
    template: 'wake',
    channels: ['sms'],
    at: 'now',
    goal: { event: 'Order Completed', within: '7d' },
  });
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/publish');
  await cairn.advance('1m');
}

const feedback = (messageId: string | undefined, kind: string) => cairn.local('POST', 'feedback', { messageId, kind });

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

describe('the report of a campaign', { shuffle: false }, () => {
  const day = '2026-11-02';
  let ids: Record<string, string>;
  beforeAll(async () => {
    await send();
    const sent = await cairn.outbox({ channel: 'sms' });
    ids = Object.fromEntries(sent.map(({ profileId, messageId }) => [profileId, messageId]));
    for (const who of ['c1', 'c2', 'c3']) await feedback(ids[who], 'delivered');
    await feedback(ids.c1, 'clicked');
    await cairn.track('c1', 'Order Completed', { total: 199.99, currency: 'CNY', order_id: 'o1' });
    await cairn.advance('1m');
  });

  it('counts people and messages once, money in major units, and rates as shares of what was sent', async () => {
    expect(await report()).toEqual({
      scope: 'campaign',
      id: 'spring',
      from: day,
      to: day,
      timezone: 'Asia/Shanghai',
      currency: 'CNY',
      totals: {
        recipients: 6,
        sent: 5,
        delivered: 3,
        opened: 1,
        clicked: 1,
        machineOpened: 0,
        machineClicked: 0,
        converted: 1,
        revenue: 199.99,
        unsubscribed: 0,
        complained: 0,
        bounced: 0,
        suppressed: { 'no-consent': 1 },
        failed: {},
        unknown: 0,
        cost: 0.25,
        rates: {
          delivered: 0.6,
          opened: 0.2,
          clicked: 0.2,
          converted: 0.2,
          unsubscribed: 0,
          complained: 0,
          bounced: 0,
        },
        roi: (199.99 - 0.25) / 0.25,
      },
      rows: [],
    });
  });

  it('is divided by what its messages were, and by what its recipients were when they got them', async () => {
    const sums = (rows: Report['rows']) =>
      rows.map(({ key, recipients, sent, clicked, revenue }) => [key, recipients, sent, clicked, revenue]);
    expect(sums(await rowsBy('day,channel'))).toEqual([[{ day, channel: 'sms' }, 6, 5, 1, 199.99]]);
    expect(sums(await rowsBy('weekday'))).toEqual([[{ weekday: 'mon' }, 6, 5, 1, 199.99]]);
    expect(sums(await rowsBy('version,template'))).toEqual([[{ version: 1, template: 'wake' }, 6, 5, 1, 199.99]]);
    expect(sums(await rowsBy('trait:city'))).toEqual([
      [{ 'trait:city': 'Shanghai' }, 3, 2, 0, 0],
      [{ 'trait:city': '杭州' }, 2, 2, 1, 199.99],
      [{ 'trait:city': null }, 1, 1, 0, 0],
    ]);
    // A tag that a customer gets later changes nothing.
    await cairn.identify('c4', { level: 'vip' });
    await cairn.advance('1m');
    expect(sums(await rowsBy('tag:vip'))).toEqual([
      [{ 'tag:vip': true }, 2, 2, 1, 199.99],
      [{ 'tag:vip': false }, 4, 3, 0, 0],
    ]);
  });

  it('is refused with its place where it cannot mean anything', async () => {
    for (const [query, path] of [
      ['by=colour', '/query/by'],
      ['by=day,channel,template', '/query/by'],
      ['by=trait:level', '/query/by'],
      ['by=day,day', '/query/by'],
      ['from=2025-10-28&to=2026-12-02', '/query/from'],
      ['from=2026-11-03&to=2026-11-02', '/query/from'],
      ['version=0', '/query/version'],
    ])
      expect(await cairn.as('viewer', 'GET', `/v1/reports/campaign/spring?${query}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path }] },
      });
    expect((await cairn.as('viewer', 'GET', '/v1/reports/campaign/none')).status).toBe(404);
    expect((await cairn.as('viewer', 'GET', '/v1/reports/channel/pigeon')).status).toBe(404);
  });

  it('is CSV where that is asked for, under the same names', async () => {
    const { body, headers } = await cairn.as<string>(
      'viewer',
      'GET',
      '/v1/reports/campaign/spring?by=channel',
      undefined,
      {
        accept: 'text/csv',
      },
    );
    const [names = '', first = '', end] = body.split('\r\n');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(names).toMatch(/^channel,recipients,sent,delivered,opened,clicked,.*,roi,suppressed\.no-consent$/);
    expect(first).toMatch(/^sms,6,5,3,1,1,0,0,1,199\.99,.*,1$/);
    expect(end).toBe('');
  });

  it('is part of the overview, and of the hours at which customers’ clocks stood', async () => {
    const overview = await cairn.ok('viewer', 'GET', '/v1/reports/overview');
    const whole = { recipients: 6, sent: 5, revenue: 199.99, suppressed: { 'no-consent': 1 } };
    expect(overview).toMatchObject({
      totals: whole,
      days: [{ day, ...whole }],
      channels: [{ channel: 'sms', ...whole }],
      running: [],
      alerts: [],
    });
    const { cells, best } = await cairn.ok<{ cells: { sent: number }[]; best: object[] }>(
      'viewer',
      'GET',
      '/v1/reports/hours?scope=campaign:spring',
    );
    expect(cells).toHaveLength(168);
    expect(cells.filter(({ sent }) => sent > 0)).toEqual([{ weekday: 0, hour: 9, sent: 5, opened: 1, clicked: 1 }]);
    expect(best).toEqual([]);
    const csv = async (path: string) => {
      const { body } = await cairn.as<string>('viewer', 'GET', path, undefined, { accept: 'text/csv' });
      return body.trim().split('\r\n');
    };
    const hours = await csv('/v1/reports/hours?scope=campaign:spring');
    expect([hours.length, hours[0], hours[10]]).toEqual([169, 'weekday,hour,sent,opened,clicked', '0,9,5,1,1']);
    const [head, ...days] = await csv('/v1/reports/overview');
    expect(head).toMatch(/^day,recipients,sent,.*revenue/);
    expect(days).toEqual([expect.stringMatching(`^${day},6,5,.*,199\\.99,`)]);
  });

  it.each(['campaign:nope', 'channel:nope', 'template:'])('has no hours of %s, which never was', async (scope) => {
    const { status, body } = await cairn.as<object>('viewer', 'GET', `/v1/reports/hours?scope=${scope}`);
    expect([status, body]).toMatchObject([422, { errors: [{ path: '/query/scope' }] }]);
  });

  it('counts outside spend, once under a key', async () => {
    const spend = { campaign: 'spring', day, amount: 99.75, note: 'Poster' };
    const add = () => cairn.as<{ id: string }>('marketer', 'POST', '/v1/costs', spend, { 'idempotency-key': 'poster' });
    const added = await add();
    expect(await add()).toMatchObject({ status: 201, body: added.body });
    expect(await cairn.ok('viewer', 'GET', '/v1/costs?campaign=spring')).toMatchObject({
      items: [{ ...spend, id: added.body.id }],
    });
    expect((await report()).totals).toMatchObject({ cost: 100, roi: (199.99 - 100) / 100 });
    expect((await rowsBy('channel')).map(({ key, cost }) => [key, cost])).toEqual([
      [{ channel: 'sms' }, 0.25],
      [{ channel: null }, 99.75],
    ]);
    await cairn.ok('marketer', 'POST', '/v1/costs', { channel: 'sms', day, amount: 10 });
    const { totals, channels } = await cairn.ok<{
      totals: object;
      channels: { channel: string | null; cost: number }[];
    }>('viewer', 'GET', `/v1/reports/overview?from=${day}&to=${day}`);
    expect(totals).toMatchObject({ cost: 110 });
    expect(channels.map(({ channel, cost }) => [channel, cost])).toEqual([
      ['sms', 10.25],
      [null, 99.75],
    ]);
    for (const [sent, path] of [
      [{ ...spend, channel: 'sms' }, ''],
      [{ ...spend, campaign: 'none' }, '/campaign'],
      [{ ...spend, amount: 0 }, '/amount'],
      [{ ...spend, day: '2026-02-30' }, '/day'],
    ] as const)
      expect(await cairn.as('marketer', 'POST', '/v1/costs', sent)).toMatchObject({
        status: 422,
        body: { errors: [{ path }] },
      });
  });

  it('corrects the day of a message that is clicked 40 days later, and says so', async () => {
    await cairn.advance('40d');
    await feedback(ids.c2, 'clicked');
    await cairn.advance('1m');
    const { totals, rows, revisedAt } = await report('?by=day');
    expect(totals).toMatchObject({ opened: 2, clicked: 2 });
    expect(rows).toMatchObject([{ key: { day }, clicked: 2 }]);
    expect(revisedAt).toMatch(/^2026-12-12T/);
  });

  it('keeps the report of a journey that was deleted', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/hello', {
      name: 'Hello',
      entry: { event: 'Greeted' },
      start: 'say',
      nodes: { say: { type: 'send', template: 'wake', channels: ['sms'], next: 'end' }, end: { type: 'end' } },
    });
    for (const verb of ['submit', 'publish']) await cairn.ok('marketer', 'POST', `/v1/journeys/hello/${verb}`);
    await cairn.track('c1', 'Greeted');
    await cairn.advance('1m');
    const before = await report('', 'journey/hello');
    expect(before).toMatchObject({ totals: { sent: 1 }, entered: 1, nodes: [{ id: 'say' }, { id: 'end' }] });
    await cairn.ok('marketer', 'POST', '/v1/journeys/hello/archive');
    expect((await cairn.as('marketer', 'DELETE', '/v1/journeys/hello')).status).toBe(204);
    expect(await report('', 'journey/hello')).toEqual(before);
    expect((await cairn.as('viewer', 'GET', '/v1/reports/journey/never')).status).toBe(404);
  });
});
