import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
  api = harness(client);
});
afterAll(() => stop());

type Json = Record<string, unknown>;
const journey = (more: Json): Json => ({
  name: 'Welcome',
  entry: { event: 'Signed Up' },
  start: 'a',
  nodes: { a: { type: 'end' } },
  ...more,
});
const node = (a: Json): Json => journey({ nodes: { a, b: { type: 'end' } } });
const condition = (one: unknown): Json => node({ type: 'branch', cases: [{ if: one, next: 'b' }], default: 'b' });
const IF = '/nodes/a/cases/0/if';
const waitFor = (way: unknown): Json =>
  node({ type: 'wait-for', timeout: '1d', onTimeout: 'b', for: Array.isArray(way) ? way : [way] });
const template = (more: Json): Json => ({ class: 'marketing', content: { sms: { text: 'Hello' } }, ...more });

const ENTRY =
  'must be an entry such as {"event": "Signed Up"}: an object with one of event, segment, tag, date, schedule, api';
const EXIT =
  'must be an exit such as {"event": "Order Completed", "outcome": "ordered"}: an object with one of event, tag, message';
const REENTRY = 'must be "never", "always" or {"after": "7d"}';
const DURATION = 'must be a duration such as "90s", "10m", "24h", "30d" or "4w", at most "36500d"';
const INSTANT =
  'must be an instant such as {"time": "10:00", "days": ["mon"]}, {"sinceEntry": "72h"} or {"trait": "renewsOn", "offset": "-3d"}: an object with one of sinceEntry, trait, data, time';
const TIME = 'must be a local time HH:mm such as "09:00"';
const WINDOW = 'must be "none", or a window such as {"days": ["mon", "tue"], "hours": [["09:00", "21:00"]]}';
const HOURS = 'must be a list of pairs of local times such as [["09:00", "12:00"], ["14:00", "21:00"]]';
const CAP = 'must be a cap: {"max": 2, "per": "day"} or {"max": 2, "within": "7d"}';
const NEXT = 'must name the node that follows, as in "next": "done"';
const TYPES = 'must be one of send, wait, wait-for, branch, split, coupon, update, task, webhook, journey, end';
const CASES = 'must be a list of cases, such as [{"if": {"tag": "vip"}, "next": "done"}]';
const CONDITION =
  'must be a condition such as {"tag": "vip"}: an object with one of all, any, not, trait, tag, segment, event, template, fatigued, journey, message, coupon, data';
const WAS =
  'must be one of: sent, delivered, opened, clicked, bounced, complained, unsubscribed, suppressed, failed, unknown';
const OPERATORS =
  'eq, ne, gt, gte, lt, lte, in, notIn, contains, startsWith, exists, olderThan, newerThan, anniversaryWithin';
const JOURNEY = 'name, owner, entry, audience, throttle, reentry, exit, goal, window, caps, validFor, start, nodes';

type Row = [what: string, body: Json, faults: Record<string, string>];

const journeys: Row[] = [
  ['no entry', journey({ entry: undefined }), { '/entry': ENTRY }],
  ['an entry as a name', journey({ entry: 'Signed Up' }), { '/entry': ENTRY }],
  ['an entry with a type', journey({ entry: { type: 'event', name: 'Signed Up' } }), { '/entry': ENTRY }],
  [
    'an entry with a filter',
    journey({ entry: { event: 'Signed Up', properties: { plan: 'free' } } }),
    { '/entry/properties': 'unknown field. Did you mean where? There are: event, where, key, fresh' },
  ],
  [
    'an entry by several events',
    journey({ entry: { event: ['A', 'B'] } }),
    { '/entry/event': 'must be the name of one event' },
  ],
  [
    'an entry by a tag that says not how',
    journey({ entry: { tag: 'vip' } }),
    { '/entry/on': 'must be one of: "added", "removed"' },
  ],
  [
    'an entry by a segment that is added',
    journey({ entry: { segment: 'vip', on: 'added' } }),
    { '/entry/on': 'must be one of: "entered", "left"' },
  ],
  [
    'a date entry that is flat',
    journey({ entry: { trait: 'birthday', every: 'year' } }),
    { '/entry': 'a date entry stands under date: {"date": {"trait": "birthday", "every": "year"}}' },
  ],
  [
    'a date entry as a name',
    journey({ entry: { date: 'birthday' } }),
    {
      '/entry/date': 'must be a date such as {"trait": "birthday", "offset": "-7d", "time": "09:00", "every": "year"}',
    },
  ],
  [
    'an offset in weeks',
    journey({ entry: { date: { trait: 'renewsOn', offset: '-1w', time: '9:00', every: 'yearly' } } }),
    {
      '/entry/date/offset': 'must be calendar days such as "-7d" or "3d"',
      '/entry/date/time': TIME,
      '/entry/date/every': 'must be "year" or "month"',
    },
  ],
  [
    'a schedule as cron',
    journey({ entry: { schedule: '0 9 * * 1' } }),
    { '/entry/schedule': 'must be a schedule such as {"every": "week", "days": ["mon"], "time": "09:00"}' },
  ],
  [
    'a daily schedule',
    journey({ entry: { schedule: { every: 'daily', time: '09:00' } } }),
    { '/entry/schedule/every': 'must be "day", "week" or "month"' },
  ],
  ['a reentry as a duration', journey({ reentry: '7d' }), { '/reentry': REENTRY }],
  ['a reentry as true', journey({ reentry: true }), { '/reentry': REENTRY }],
  ['a reentry within', journey({ reentry: { within: '7d' } }), { '/reentry': REENTRY }],
  ['a reentry after 7 days', journey({ reentry: { after: '7 days' } }), { '/reentry/after': DURATION }],
  [
    'one exit',
    journey({ exit: { event: 'Order Completed' } }),
    { '/exit': 'must be a list of exits, such as [{"event": "Order Completed", "outcome": "ordered"}]' },
  ],
  ['an exit as a name', journey({ exit: ['Order Completed'] }), { '/exit/0': EXIT }],
  [
    'an exit by a segment',
    journey({ exit: [{ segment: 'vip', on: 'entered' }] }),
    { '/exit/0': 'a segment cannot end a run; a tag can' },
  ],
  [
    'exit criteria',
    journey({ exits: [{ event: 'Order Completed' }] }),
    { '/exits': `unknown field. Did you mean exit? There are: ${JOURNEY}` },
  ],
  [
    'same as a list',
    journey({ exit: [{ event: 'Order Completed', same: ['cart_id'] }] }),
    { '/exit/0/same': 'must be a property, or {"theirs": "ours"}' },
  ],
  [
    'a goal as a name, and a target in per cent',
    journey({ goal: { conversion: 'Order Completed', target: 20 } }),
    {
      '/goal/event': 'must be the name of one event',
      '/goal/target': 'must be a share from 0 to 1, such as 0.2 for 20 %',
      '/goal/conversion': 'unknown field. There are: event, where, same, within, target',
    },
  ],
  ['a window as a text', journey({ window: '09:00-21:00' }), { '/window': WINDOW }],
  [
    'a window from and to',
    journey({ window: { from: '09:00', to: '21:00' } }),
    {
      '/window/hours': HOURS,
      '/window/from': 'unknown field. Did you mean hours? There are: days, hours, calendar, otherwise',
      '/window/to': 'unknown field. Did you mean hours? There are: days, hours, calendar, otherwise',
    },
  ],
  [
    'one pair of hours',
    journey({ window: { days: ['Monday'], hours: ['09:00', '21:00'] } }),
    {
      '/window/days/0': 'must be a day: one of mon, tue, wed, thu, fri, sat, sun',
      '/window/hours/0': 'must be a pair of local times such as ["09:00", "21:00"]',
      '/window/hours/1': 'must be a pair of local times such as ["09:00", "21:00"]',
    },
  ],
  [
    'a cap for a week',
    journey({ caps: [{ max: 2, per: 'week' }] }),
    { '/caps/0/per': 'must be "day"; any other length is "within", such as "within": "7d"' },
  ],
  ['a cap without its length', journey({ caps: [{ limit: 2, period: '7d' }] }), { '/caps/0': CAP }],
  [
    'a cap of two lengths',
    journey({ caps: [{ max: 2, per: 'day', within: '3d' }] }),
    { '/caps/0': 'takes either per or within, not both' },
  ],
  [
    'one cap',
    journey({ caps: { max: 2, per: 'day' } }),
    { '/caps': 'must be a list of caps, such as [{"max": 2, "per": "day"}]' },
  ],
  [
    'a throttle for an hour',
    journey({ throttle: { perHour: 600 } }),
    {
      '/throttle/perMinute': 'is required: a number',
      '/throttle/perHour': 'unknown field. Did you mean perMinute? There are: perMinute',
    },
  ],
  [
    'steps',
    { name: 'Welcome', entry: { event: 'Signed Up' }, steps: [] },
    {
      '/start': 'must name the node that a run begins at',
      '/nodes': 'must be an object of nodes by their ids, such as {"done": {"type": "end"}}',
      '/steps': `unknown field. Did you mean nodes? There are: ${JOURNEY}`,
    },
  ],
  [
    'the name of a node in capitals',
    journey({ start: 'First Mail', nodes: { 'First Mail': { type: 'end' } } }),
    { '/nodes/First Mail': 'must be of a–z, 0–9 and -, at most 63 characters' },
  ],
  ['a delay', node({ type: 'delay', next: 'b' }), { '/nodes/a/type': `${TYPES}; did you mean wait?` }],
  ['a decision split', node({ type: 'Decision Split' }), { '/nodes/a/type': `${TYPES}; did you mean branch?` }],
  ['an email node', node({ type: 'email', next: 'b' }), { '/nodes/a/type': `${TYPES}; did you mean send?` }],
  [
    'a duration by another name',
    node({ type: 'wait', duration: '24h', nextNode: 'b' }),
    {
      '/nodes/a/duration': 'unknown field. Did you mean for? There are: type, for, until, next',
      '/nodes/a/next': NEXT,
      '/nodes/a/nextNode': 'unknown field. Did you mean next? There are: type, for, until, next',
    },
  ],
  [
    'a wait that says not how long',
    node({ type: 'wait', next: 'b' }),
    { '/nodes/a': 'needs either for ("24h") or until ({"time": "10:00"})' },
  ],
  ['a number of hours', node({ type: 'wait', for: 24, next: 'b' }), { '/nodes/a/for': DURATION }],
  ['an ISO duration', node({ type: 'wait', for: 'P1D', next: 'b' }), { '/nodes/a/for': DURATION }],
  ['a missing next', node({ type: 'wait', for: '24h' }), { '/nodes/a/next': NEXT }],
  [
    'a next that is not there',
    node({ type: 'wait', for: '24h', next: 'c' }),
    { '/nodes/a/next': 'there is no node c' },
  ],
  ['until a time as text', node({ type: 'wait', until: '10:00', next: 'b' }), { '/nodes/a/until': INSTANT }],
  ['until a day alone', node({ type: 'wait', until: { days: ['mon'] }, next: 'b' }), { '/nodes/a/until': INSTANT }],
  [
    'until an event',
    node({ type: 'wait', until: { event: 'Order Completed' }, next: 'b' }),
    { '/nodes/a/until': 'a wait ends by the clock: an event is waited for by a node of type wait-for' },
  ],
  [
    'a channel',
    node({ type: 'send', templateId: 'hello', channel: 'sms', next: 'b' }),
    {
      '/nodes/a/template': 'must be the id of a template',
      '/nodes/a/templateId':
        'unknown field. Did you mean template? There are: type, template, channels, window, caps, next',
      '/nodes/a/channel':
        'unknown field. Did you mean channels? There are: type, template, channels, window, caps, next',
    },
  ],
  [
    'channels that are none',
    node({ type: 'send', template: 'hello', channels: ['SMS', 'whatsapp'], next: 'b' }),
    {
      '/nodes/a/channels/0': 'must be a channel: one of email, sms, push, webhook',
      '/nodes/a/channels/1': 'must be a channel: one of email, sms, push, webhook',
    },
  ],
  [
    'channels as a text',
    node({ type: 'send', template: 'hello', channels: 'sms', next: 'b' }),
    { '/nodes/a/channels': 'must be a list of channels in the order to try, such as ["push", "sms"]' },
  ],
  [
    'a duration for `since`',
    condition({ event: 'Order Completed', since: '7d' }),
    { [IF]: 'since must be "entry" or a node, and there is no node 7d (a time back from now is "within")' },
  ],
  [
    'an event to wait for, without ways',
    node({ type: 'wait-for', event: 'Order Completed', timeout: 3, onTimeout: 'b' }),
    {
      '/nodes/a/timeout': 'must be a duration such as "24h", or an instant such as {"time": "10:00"}',
      '/nodes/a/for': 'must be a list of ways, such as [{"event": "Order Completed", "next": "done"}]',
      '/nodes/a/event': 'unknown field. Did you mean for? There are: type, timeout, onTimeout, since, for',
    },
  ],
  [
    'a way for a segment',
    waitFor({ segment: 'vip', next: 'b' }),
    { '/nodes/a/for/0': 'a segment cannot be waited for; a tag can' },
  ],
  [
    'a way by status, without next',
    waitFor({ message: 'hello', status: 'clicked' }),
    {
      '/nodes/a/for/0/was': WAS,
      '/nodes/a/for/0/next': NEXT,
      '/nodes/a/for/0/status': 'unknown field. Did you mean was? There are: message, was, next',
    },
  ],
  [
    'a branch with if and else',
    node({ type: 'branch', if: { tag: 'vip' }, then: 'b', else: 'b' }),
    {
      '/nodes/a/cases': CASES,
      '/nodes/a/default': NEXT,
      '/nodes/a/if': 'unknown field. Did you mean cases? There are: type, cases, default',
      '/nodes/a/then': 'unknown field. There are: type, cases, default',
      '/nodes/a/else': 'unknown field. Did you mean default? There are: type, cases, default',
    },
  ],
  ['a condition as a text', condition("city == 'Shanghai'"), { [IF]: CONDITION }],
  ['and', condition({ and: [{ tag: 'a' }, { tag: 'b' }] }), { [IF]: 'conditions that must all hold are {"all": […]}' }],
  [
    'an attribute',
    condition({ attribute: 'city', operator: 'is', value: 'Shanghai' }),
    { [IF]: 'what is known of a customer is a trait: {"trait": "city", "eq": "Shanghai"}' },
  ],
  [
    'a trait that equals',
    condition({ trait: 'city', equals: 'Shanghai' }),
    {
      [`${IF}/equals`]: `unknown field. Did you mean eq? There are: trait, ${OPERATORS}`,
      [IF]: `needs at least one of: ${OPERATORS}`,
    },
  ],
  [
    'a count as a number, within 30',
    condition({ event: 'Order Completed', within: 30, count: 2 }),
    {
      [`${IF}/within`]: 'must be a duration such as "30d", or "ever"',
      [`${IF}/count`]: 'must be a comparison such as {"gte": 2}',
    },
  ],
  ['a message that was read', condition({ message: 'hello', was: 'read' }), { [`${IF}/was`]: WAS }],
  [
    'an audience that looks at the run',
    journey({ audience: { event: 'Order Completed', since: 'entry' } }),
    { '/audience/since': "is known only in a journey's run, not in a rule or an audience" },
  ],
  [
    'ways in per cent',
    node({
      type: 'split',
      ways: [
        { percent: 50, next: 'b' },
        { name: 'b', weight: '50', next: 'b' },
      ],
    }),
    {
      '/nodes/a/ways/0/name': 'is required: a string, in quotation marks',
      '/nodes/a/ways/0/weight': 'is required: a number',
      '/nodes/a/ways/0/percent': 'unknown field. Did you mean weight? There are: name, weight, holdout, next',
      '/nodes/a/ways/1/weight': 'must be a number',
    },
  ],
  [
    'attributes to set, one tag',
    node({ type: 'update', attributes: { plan: 'pro' }, addTags: 'vip', next: 'b' }),
    {
      '/nodes/a/addTags': 'must be a list of tags, such as ["vip"]',
      '/nodes/a/attributes': 'unknown field. Did you mean traits? There are: type, traits, addTags, removeTags, next',
    },
  ],
  [
    'a task that is waited for and not',
    node({
      type: 'task',
      queue: 'sales',
      title: 'Call',
      next: 'b',
      await: { timeout: '2d', outcomes: { won: 'b' }, onTimeout: 'b' },
    }),
    { '/nodes/a/next': 'stands instead of await, whose outcomes and onTimeout say what follows' },
  ],
  [
    'outcomes as a list',
    node({ type: 'task', queue: 'sales', title: 'Call', await: { timeout: '2d', outcomes: ['won'] } }),
    {
      '/nodes/a/await/outcomes': 'must be an object of outcomes and the nodes that follow, such as {"won": "done"}',
      '/nodes/a/await/onTimeout': NEXT,
    },
  ],
  [
    'a webhook in plain HTTP',
    node({ type: 'webhook', url: 'http://crm.example.com', next: 'b' }),
    { '/nodes/a/url': 'must be an https URL' },
  ],
  [
    'a code',
    node({ type: 'coupon', code: 'SALE', next: 'b' }),
    {
      '/nodes/a/pool': 'must be the id of a coupon pool',
      '/nodes/a/code': 'unknown field. Did you mean pool? There are: type, pool, next, onEmpty',
    },
  ],
];

const templates: Row[] = [
  [
    'a text alone',
    template({ content: { sms: 'Hello' } }),
    { '/content/sms': 'must be an SMS such as {"text": "Hello"}' },
  ],
  [
    'a body of an SMS',
    template({ content: { sms: { body: 'Hello' } } }),
    {
      '/content/sms/text': 'is required: a string, in quotation marks',
      '/content/sms/body': 'unknown field. Did you mean text? There are: text',
    },
  ],
  [
    'content beside the class',
    { class: 'promotional', sms: { text: 'Hello' } },
    {
      '/class': 'must be one of: "marketing", "transactional"',
      '/content': 'must be content by channel, such as {"sms": {"text": "Hello"}}',
      '/sms': 'unknown field. Did you mean content? There are: class, topic, content, translations, track',
    },
  ],
  [
    'a body of an email',
    template({ content: { email: { subject: 'Hello', body: 'Hello' } } }),
    {
      '/content/email/body': 'unknown field. Did you mean text? There are: subject, mjml, html, text',
      '/content/email': 'needs mjml, html or text',
    },
  ],
  [
    'translations as a list',
    template({ translations: [{ locale: 'en' }] }),
    { '/translations': 'must be an object of content by locale, such as {"en": {"sms": {"text": "Hello"}}}' },
  ],
  [
    'two translations for one locale, and one for none',
    template({ translations: { zh_TW: { sms: { text: '您好' } }, 'zh-TW': { sms: { text: '你好' } }, 'zh TW': {} } }),
    {
      '/translations/zh-TW': 'is the same locale as zh_TW',
      '/translations/zh TW': 'must be a locale, such as "en" or "zh-TW"',
    },
  ],
  [
    'a variable of another system',
    template({ content: { sms: { text: 'Hello {{ customer.name }}' } } }),
    {
      '/content/sms/text':
        'there is no variable customer.name: did you mean profile.name? (there are profile, data, event, coupon, unsubscribeUrl)',
    },
  ],
];

async function faultsOf(path: string, body: Json): Promise<Record<string, string>> {
  const answer = await api.call('PUT', path, { body });
  expect(answer.status).toBe(422);
  const errors = answer.body.errors as { path: string; message: string }[];
  return Object.fromEntries(errors.map(({ path: at, message }) => [at, message]));
}

describe('an error in a definition names what is right', () => {
  it.each(journeys)('in a journey: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/journeys/welcome', body)).toEqual(faults);
  });
  it.each(templates)('in a template: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/templates/hello', body)).toEqual(faults);
  });
});
