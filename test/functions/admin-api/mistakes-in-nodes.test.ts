import { describe, expect, it } from 'vitest';
import { DURATION, faultsOf, JOURNEY, type Json, journey, node, type Row, setUpTables } from './mistakes-harness.ts';

setUpTables();

const condition = (one: unknown): Json => node({ type: 'branch', cases: [{ if: one, next: 'b' }], default: 'b' });
const IF = '/nodes/a/cases/0/if';
const waitFor = (way: unknown): Json =>
  node({ type: 'wait-for', timeout: '1d', onTimeout: 'b', for: Array.isArray(way) ? way : [way] });
const INSTANT =
  'must be an instant such as {"time": "10:00", "days": ["mon"]}, {"sinceEntry": "72h"} or {"trait": "renewsOn", "offset": "-3d"}: an object with one of sinceEntry, trait, data, time';
const NEXT = 'must name the node that follows, as in "next": "done"';
const TYPES = 'must be one of send, wait, wait-for, branch, split, coupon, update, task, webhook, journey, end';
const CASES = 'must be a list of cases, such as [{"if": {"tag": "vip"}, "next": "done"}]';
const CONDITION =
  'must be a condition such as {"tag": "vip"}: an object with one of all, any, not, trait, tag, segment, event, template, fatigued, journey, message, coupon, data';
const WAS =
  'must be one of: sent, delivered, opened, clicked, bounced, complained, unsubscribed, suppressed, failed, unknown';
const OPERATORS =
  'eq, ne, gt, gte, lt, lte, in, notIn, contains, startsWith, exists, olderThan, newerThan, anniversaryWithin';

const nodes: Row[] = [
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

describe('an error in a definition names what is right', () => {
  it.each(nodes)('in a journey: %s', async (_what, body, faults) => {
    expect(await faultsOf('/v1/journeys/welcome', body)).toEqual(faults);
  });
});
