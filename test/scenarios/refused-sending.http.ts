import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** Places of the faults of a PUT. */
async function refused(path: string, body: object): Promise<unknown> {
  const answer = await cairn.as('admin', 'PUT', path, body);
  const { type, errors = [] } = answer.body as { type?: string; errors?: { path: string }[] };
  return { status: answer.status, type, paths: errors.map((error) => error.path) };
}
const at = (...paths: string[]) => ({ status: 422, type: '/problems/validation', paths });

const OVERLAPPING = {
  hours: [
    ['09:00', '12:00'],
    ['11:00', '13:00'],
  ],
};
const journey = (more: object, node: object = {}) => ({
  ...{ name: 'News', owner: 'growth', entry: { event: 'News' }, start: 'notify' },
  nodes: { notify: { type: 'send', template: 'news', next: 'done', ...node }, done: { type: 'end' } },
  ...more,
});
const floor = (more: object) => ({ country: 'CN', channel: 'sms', hours: [['08:00', '22:00']], ...more });
const rail = (more: object) => ({ metric: 'unsubscribe', scope: 'channel', do: 'pause', ...more });

describe('settings of sending are refused with their place:', () => {
  it.each<[string, object, ReturnType<typeof at>]>([
    ['hours that overlap, of a window', { window: OVERLAPPING }, at('/window/hours/1')],
    ['hours that overlap, of a floor', { floors: [floor(OVERLAPPING)] }, at('/floors/0/hours/1')],
    [
      'a cap of 0',
      {
        caps: [
          { max: 2, per: 'day' },
          { max: 0, within: '30d' },
        ],
      },
      at('/caps/1/max'),
    ],
    [
      'a calendar that there is not',
      { window: { hours: [['09:00', '12:00']], calendar: 'xx' } },
      at('/window/calendar'),
    ],
    ['a guardrail without a bound', { guardrails: [rail({})] }, at('/guardrails/0')],
    ['a guardrail with two bounds', { guardrails: [rail({ over: 0.1, under: 0.2 })] }, at('/guardrails/0')],
    ['a bound that no rate crosses', { guardrails: [rail({ over: 1 })] }, at('/guardrails/0/over')],
    ['a rate of 0', { rates: { sms: 0 } }, at('/rates/sms')],
  ])('%s', async (_, settings, expected) => {
    expect(await refused('/v1/settings', settings)).toEqual(expected);
  });
});

describe('a journey is refused with the place:', () => {
  it.each<[string, object, ReturnType<typeof at>]>([
    ['hours that overlap', journey({ window: OVERLAPPING }), at('/window/hours/1')],
    ['hours that overlap, at a node', journey({}, { window: OVERLAPPING }), at('/nodes/notify/window/hours/1')],
    ['a cap of 0', journey({ caps: [{ max: 0, per: 'day' }] }), at('/caps/0/max')],
    ['a cap of 0, at a node', journey({}, { caps: [{ max: 0, per: 'day' }] }), at('/nodes/notify/caps/0/max')],
  ])('%s', async (_, definition, expected) => {
    expect(await refused('/v1/journeys/news', definition)).toEqual(expected);
  });

  it('a calendar that there is not, when it is submitted', async () => {
    const email = { subject: 'News', text: 'News' };
    await cairn.ok('marketer', 'PUT', '/v1/templates/news', { class: 'marketing', content: { email } });
    const window = { hours: [['09:00', '12:00']], calendar: 'xx' };
    await cairn.ok('marketer', 'PUT', '/v1/journeys/news', journey({ window }));
    const { status, body } = await cairn.as('marketer', 'POST', '/v1/journeys/news/submit');
    expect([status, (body as { errors: { path: string }[] }).errors.map(({ path }) => path)]).toEqual([
      422,
      ['/window/calendar'],
    ]);
  });
});

describe('a sender that is not this deployment’s is refused with its place:', () => {
  const template = (email: object) => ({
    class: 'marketing',
    content: { email: { subject: 'News', text: 'News', ...email } },
  });
  it.each([
    ['from', 'mallory@elsewhere.example'],
    ['from', 'News <mallory@elsewhere.example>'],
    ['from', 'no address'],
    ['replyTo', 'no address'],
  ])('%s: %s', async (field, value) => {
    expect(await refused('/v1/templates/foreign', template({ [field]: value }))).toEqual(at(`/content/email/${field}`));
  });

  it('in a translation too', async () => {
    const email = { subject: 'News', text: 'News', from: 'mallory@elsewhere.example' };
    const translated = { ...template({}), translations: { en: { email } } };
    expect(await refused('/v1/templates/foreign', translated)).toEqual(at('/translations/en/email/from'));
  });
});
