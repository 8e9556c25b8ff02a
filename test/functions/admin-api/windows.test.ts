import { afterEach, describe, expect, it } from 'vitest';
import { CN } from '../../../core/policies/calendars/cn.ts';
import { api, callOn, journey, path, setUpJourneys, verb } from './journeys-harness.ts';

setUpJourneys();

type Json = Record<string, unknown>;
interface Issue {
  path: string;
  message: string;
}

const HOURS = [['10:00', '12:00']];
const NIGHT = [['22:30', '23:30']];
/** Each Monday from the beginning of the harness's clock on. */
const MONDAYS = Array.from({ length: 80 }, (_, week) =>
  new Date(Date.UTC(2026, 10, 2 + 7 * week)).toISOString().slice(0, 10),
);
const NO_DAY = { hours: HOURS, days: ['mon'], calendar: 'closed' };
const CLOSED = 'never opens: its calendar closes all its days';

const send = (more: Json = {}) => ({ type: 'send', template: 'both', next: 'done', ...more });
const sending = (node: Json, more: Json = {}) =>
  journey({ start: 'greet', nodes: { greet: send(node), done: { type: 'end' } }, ...more });

async function define(): Promise<void> {
  await api.call('PUT', '/v1/calendars/closed', { body: { holidays: MONDAYS } });
  const content = { sms: { text: 'Hello' }, email: { subject: 'Hello', text: 'Hello' } };
  await api.call('PUT', '/v1/templates/both', { body: { class: 'marketing', content } });
  await api.call('PUT', '/v1/templates/code', { body: { class: 'transactional', content } });
}
/** Faults of a submission, by their place. */
async function refused(definition: object): Promise<Record<string, string>> {
  await define();
  await api.call('PUT', path, { body: definition });
  const { status, body } = await verb('submit', 'mia', '[marketer]');
  return { status: String(status), ...byPath(body.errors) };
}
const byPath = (issues: unknown): Record<string, string> =>
  Object.fromEntries(((issues ?? []) as Issue[]).map(({ path: at, message }) => [at, message]));
async function warned(definition: object): Promise<Record<string, string>> {
  await define();
  const { body } = await api.call('PUT', path, { body: definition });
  return byPath((body.warnings as Issue[]).filter(({ path: at }) => at.includes('window')));
}
const inFloors = (channels: string) => `never opens within the hours of CN for ${channels} (floors of the settings)`;

describe('a journey whose window', () => {
  it.each<[string, object, Record<string, string>]>([
    [
      'names no calendar that there is',
      sending({}, { window: { hours: HOURS, calendar: 'xx' } }),
      { '/window/calendar': 'there is no calendar xx' },
    ],
    [
      'at a node names none',
      sending({ window: { hours: HOURS, calendar: 'xx' } }),
      { '/nodes/greet/window/calendar': 'there is no calendar xx' },
    ],
    ['has only closed days', sending({}, { window: NO_DAY }), { '/window': CLOSED }],
    ['at a node has only closed days', sending({ window: NO_DAY }), { '/nodes/greet/window': CLOSED }],
    [
      'is closed in the hours of every channel',
      sending({ channels: ['sms'] }, { window: { hours: NIGHT } }),
      { '/window': inFloors('sms') },
    ],
    [
      'at a node is',
      sending({ channels: ['sms'], window: { hours: NIGHT } }, { window: { hours: HOURS } }),
      { '/nodes/greet/window': inFloors('sms') },
    ],
  ])('%s is refused at submit', async (_, definition, faults) => {
    expect(await refused(definition)).toMatchObject({ status: '422', ...faults });
  });

  it('is closed in the hours of one of its channels gets a warning', async () => {
    expect(await warned(sending({ window: { hours: NIGHT } }))).toEqual({ '/nodes/greet/window': inFloors('sms') });
    expect(await warned(sending({ window: { hours: NIGHT }, channels: ['email'] }))).toEqual({});
    expect(await warned(sending({ window: { hours: NIGHT }, channels: ['sms'], template: 'code' }))).toEqual({});
  });

  it('goes by weekdays in a year of which its calendar has no date is told so, until there is one', async () => {
    const said = 'calendar cn has no date of 2027: until it has, the window goes by weekdays alone in that year';
    expect(await warned(sending({}, { window: { hours: HOURS, calendar: 'cn' } }))).toEqual({
      '/window/calendar': said,
    });
    const before = await api.call('GET', path);
    expect(byPath(before.body.warnings)).toMatchObject({ '/window/calendar': said });
    await api.call('PUT', '/v1/calendars/cn', { body: { ...CN, holidays: [...CN.holidays, '2027-01-01'] } });
    expect(byPath((await api.call('GET', path)).body.warnings)).not.toHaveProperty('/window/calendar');
  });

  it('names a calendar keeps it from being deleted', async () => {
    await api.call('PUT', '/v1/calendars/own', { body: { holidays: ['2026-12-25'] } });
    await api.call('PUT', path, { body: sending({ window: { hours: HOURS, calendar: 'own' } }) });
    const id = path.split('/').at(-1);
    expect(await api.call('DELETE', '/v1/calendars/own')).toMatchObject({
      status: 409,
      body: { detail: `It is used by journeys/${id}.` },
    });
    callOn('/v1/journeys/another');
    await api.call('DELETE', `/v1/journeys/${id}`);
    expect((await api.call('DELETE', '/v1/calendars/own')).status).toBe(204);
  });
});

describe('settings', () => {
  const floor = (hours: string[][], more: Json = {}) => ({ country: 'CN', channel: 'sms', hours, ...more });
  it.each<[string, Json, Record<string, string>]>([
    [
      'with a calendar that there is not',
      { window: { hours: HOURS, calendar: 'xx' } },
      { '/window/calendar': 'there is no calendar xx' },
    ],
    ['with a window of closed days', { window: NO_DAY }, { '/window': CLOSED }],
    [
      'with a window outside the hours of all their channels',
      { channels: ['sms'], window: { hours: NIGHT } },
      { '/window': inFloors('sms') },
    ],
    [
      'with floors that have no hour in common',
      {
        floors: [
          floor([['08:00', '12:00']]),
          floor([['08:00', '12:00']], { country: 'US' }),
          floor([['12:00', '22:00']]),
        ],
      },
      { '/floors/2/hours': 'has no hour in common with the floors before it of CN and sms' },
    ],
    [
      'with a floor of no country',
      { floors: [floor([['08:00', '12:00']], { country: 'UK' })] },
      { '/floors/0/country': 'must be an ISO 3166 country of two capital letters' },
    ],
    [
      'with hours that overlap',
      {
        floors: [
          floor([
            ['08:00', '12:00'],
            ['11:00', '13:00'],
          ]),
        ],
      },
      { '/floors/0/hours/1': 'overlaps 08:00 to 12:00' },
    ],
  ])('%s are refused', async (_, body, faults) => {
    await define();
    const answer = await api.call('PUT', '/v1/settings', { body, roles: '[admin]' });
    expect({ status: answer.status, ...byPath(answer.body.errors) }).toMatchObject({ status: 422, ...faults });
  });

  describe('that would close a message of a published journey', () => {
    const put = async (body: Json) => {
      const answer = await api.call('PUT', '/v1/settings', { body, roles: '[admin]' });
      return { status: answer.status, ...byPath(answer.body.errors) };
    };
    const closes = (channels: string) => ({
      status: 422,
      '/floors': `within the hours of CN, the window of node greet of ${path.slice('/v1/'.length)} never opens for ${channels}`,
    });
    const MORNINGS = { hours: [['08:30', '09:30']] };
    const LATER = [floor([['10:00', '20:00']]), floor([['10:00', '20:00']], { channel: 'email' })];
    async function publish(definition: object): Promise<void> {
      await define();
      await put({ approval: { required: false } });
      await api.call('PUT', path, { body: definition });
      expect((await verb('publish', 'mia', '[marketer]')).status).toBe(200);
    }

    afterEach(async () => {
      await verb('archive', 'mia', '[marketer]');
      expect(await put({})).toEqual({ status: 200 });
    });

    it.each<[string, object, string]>([
      ['at a node', sending({ channels: ['sms'], window: MORNINGS }), 'sms'],
      ['by the journey’s window, on all channels of its template', sending({}, { window: MORNINGS }), 'email and sms'],
    ])('%s, are refused', async (_, definition, channels) => {
      await publish(definition);
      expect(await put({ floors: LATER })).toEqual(closes(channels));
      await verb('archive', 'mia', '[marketer]');
      expect(await put({ floors: LATER })).toEqual({ status: 200 });
    });

    it('by a window of theirs, are refused', async () => {
      await publish(sending({ channels: ['sms'] }));
      expect(await put({ channels: ['email'], window: { hours: NIGHT } })).toEqual({
        ...{ status: 422, '/window': closes('sms')['/floors'] },
      });
      expect(await put({ channels: ['email'], window: MORNINGS })).toEqual({ status: 200 });
    });

    it('are taken where a channel of the message stays open, or it is transactional, or what they close was closed', async () => {
      await publish(sending({ channels: ['sms', 'email'], window: MORNINGS }));
      expect(await put({ floors: LATER.slice(0, 1) })).toEqual({ status: 200 });
      expect(await put({ floors: LATER })).toEqual(closes('email'));
      await verb('archive', 'mia', '[marketer]');
      callOn(`${path}-code`);
      await publish(sending({ template: 'code', window: MORNINGS }));
      expect(await put({ floors: LATER })).toEqual({ status: 200 });
    });
  });

  it('keep the calendar that they name from being deleted', async () => {
    await api.call('PUT', '/v1/calendars/named', { body: { holidays: ['2026-12-25'] } });
    const put = (body: Json) => api.call('PUT', '/v1/settings', { body, roles: '[admin]' });
    expect((await put({ window: { hours: HOURS, calendar: 'named' } })).status).toBe(200);
    expect(await api.call('DELETE', '/v1/calendars/named')).toMatchObject({
      status: 409,
      body: { detail: 'It is used by settings/live.' },
    });
    await put({});
    expect((await api.call('DELETE', '/v1/calendars/named')).status).toBe(204);
  });
});
