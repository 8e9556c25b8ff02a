import { describe, expect, it } from 'vitest';
import { checkReferences, checkShape } from '../../../core/journeys/check.ts';
import { NODES } from '../../../core/journeys/nodes/registry.ts';
import { DONE, journeyOf, refused, viewOf } from './builders.ts';
import { everyNode } from './every-node.ts';

const FULL = viewOf({
  tags: ['vip'],
  journeys: ['quote'],
  'coupon-pools': ['pool'],
  templates: { hello: ['push', 'sms'] },
});
const messagesAt = (issues: { path: string; message: string }[]) =>
  issues.map(({ path, message }) => `${path} ${message}`);
const atPut = (...definition: Parameters<typeof journeyOf>) => messagesAt(checkShape(journeyOf(...definition)).errors);
const atSubmit = (...definition: Parameters<typeof journeyOf>) =>
  messagesAt(checkReferences('j', journeyOf(...definition), FULL).errors);

describe('the schema', () => {
  it('has an example of every node type here', () => {
    expect(new Set(Object.values(everyNode.nodes).map((node) => node.type))).toEqual(new Set(Object.keys(NODES)));
  });

  it.each([
    ['an unknown type', { type: 'jump', next: 'b' }, '/nodes/a/type'],
    ['an unknown field', { type: 'wait', for: '1h', next: 'b', color: 'red' }, '/nodes/a/color'],
    ['a wait with both for and until', { type: 'wait', for: '1h', until: { sinceEntry: '1h' }, next: 'b' }, '/nodes/a'],
    ['a duration that is none', { type: 'wait', for: 'soon', next: 'b' }, '/nodes/a/for'],
    ['a local time that is none', { type: 'wait', until: { time: '25:00' }, next: 'b' }, '/nodes/a/until'],
    ['a task with neither next nor await', { type: 'task', queue: 'q', title: 't' }, '/nodes/a'],
    [
      'ways without a weight',
      {
        type: 'split',
        ways: [
          { name: 'x', weight: 0, next: 'b' },
          { name: 'y', weight: 0, next: 'b' },
        ],
      },
      '/nodes/a/ways',
    ],
    [
      'a name kept for Cairn',
      { type: 'wait-for', timeout: '1d', onTimeout: 'b', for: [{ event: 'E', as: '@coupon', next: 'b' }] },
      '/nodes/a/for/0',
    ],
    ['a webhook that is not https', { type: 'webhook', url: 'http://example.com', next: 'b' }, '/nodes/a/url'],
  ])('refuses %s at its place', (_what, node, path) => {
    const issues = refused({ name: 'J', entry: { event: 'E' }, start: 'a', nodes: { a: node, b: DONE } });
    expect(issues.map((issue) => issue.path)).toEqual([expect.stringMatching(new RegExp(`^${path}`))]);
  });

  it.each([
    { event: 'E', where: { total: { gte: 5 } }, key: 'cart_id', fresh: '2h' },
    { segment: 'vip', on: 'entered', existing: true, backfilled: false },
    { tag: 'vip', on: 'removed' },
    { date: { trait: 'birthday', offset: '-7d', time: '09:00', every: 'year' } },
    { schedule: { every: 'week', days: ['mon'], time: '10:00', timezone: 'customer' } },
    { api: true },
  ])('reads the entry %j', (entry) => {
    expect(refused({ name: 'J', entry, start: 'a', nodes: { a: DONE } })).toEqual([]);
  });
});

describe('at PUT', () => {
  it('finds nothing wrong with one node of each type', () => {
    expect(checkShape(everyNode)).toEqual({ errors: [], warnings: [] });
  });

  it('refuses a start that is not there', () => {
    expect(atPut({ a: DONE }, { start: 'x' })).toEqual(['/start there is no node x']);
  });

  it('refuses every way to a node that is not there, with its pointer', () => {
    expect(
      atPut({
        a: { type: 'wait', for: '1h', next: 'x' },
        b: { type: 'coupon', pool: 'pool', next: 'done', onEmpty: 'x' },
        c: { type: 'branch', cases: [{ if: { tag: 'vip' }, next: 'x' }], default: 'x' },
        d: { type: 'task', queue: 'q', title: 't', await: { timeout: '1d', outcomes: { 'a/b': 'x' }, onTimeout: 'x' } },
        e: { type: 'wait-for', timeout: '1d', onTimeout: 'x', for: [{ event: 'E', next: 'x' }] },
        done: DONE,
      }),
    ).toEqual([
      '/nodes/a/next there is no node x',
      '/nodes/b/onEmpty there is no node x',
      '/nodes/c/cases/0/next there is no node x',
      '/nodes/c/default there is no node x',
      '/nodes/d/await/outcomes/a~1b there is no node x',
      '/nodes/d/await/onTimeout there is no node x',
      '/nodes/e/for/0/next there is no node x',
      '/nodes/e/onTimeout there is no node x',
    ]);
  });

  it('lets only an end be called end: the execution is given this name then', () => {
    expect(atPut({ end: DONE })).toEqual([]);
    expect(atPut({ end: { type: 'wait', for: '1h', next: 'done' }, done: DONE })).toEqual([
      '/nodes/end a wait may not be called end',
    ]);
  });

  it('refuses a name that every object has', () => {
    expect(
      refused({ name: 'J', entry: { event: 'E' }, start: 'constructor', nodes: { constructor: DONE } }),
    ).not.toEqual([]);
    expect(atPut({ a: { type: 'wait', for: '1h', next: 'constructor' } })).toEqual([
      '/nodes/a/next there is no node constructor',
    ]);
  });

  it('refuses a condition, a way and an exit that ask of a node of another type, or of none', () => {
    const ask = (condition: object) => ({ type: 'branch', cases: [{ if: condition, next: 'done' }], default: 'done' });
    expect(
      atPut(
        {
          a: ask({ any: [{ message: 'done', was: 'clicked' }, { not: { coupon: 'x', was: 'redeemed' } }] }),
          b: ask({ event: 'E', since: 'x' }),
          c: {
            type: 'wait-for',
            timeout: '1d',
            since: 'y',
            onTimeout: 'done',
            for: [
              { message: 'a', was: 'opened', next: 'done' },
              { event: 'E', since: 'z', next: 'done' },
            ],
          },
          done: DONE,
        },
        { exit: [{ message: 'c', was: 'clicked' }] },
      ),
    ).toEqual([
      '/nodes/a/cases/0/if done is no send node',
      '/nodes/a/cases/0/if x is no coupon node',
      '/nodes/b/cases/0/if since must be "entry" or a node, and there is no node x',
      '/nodes/c/for/0/message a is no send node',
      '/nodes/c/for/1/since since must be "here", "entry" or a node, and there is no node z',
      '/nodes/c/since since must be "here", "entry" or a node, and there is no node y',
      '/exit/0/message c is no send node',
    ]);
  });

  it('refuses Liquid that cannot be read', () => {
    const issues = checkShape(
      journeyOf({
        a: { type: 'task', queue: 'q', title: '{{ profile.name | shout }}', next: 'b' },
        b: { type: 'update', traits: { 'a/b': ['fine', '{% if %}'] }, next: 'done' },
        done: DONE,
      }),
    ).errors;
    expect(issues.map((issue) => issue.path)).toEqual(['/nodes/a/title', '/nodes/b/traits/a~1b/1']);
  });
});

describe('at submit', () => {
  it('accepts what works', () => {
    expect(atSubmit({ a: { type: 'send', template: 'hello', channels: ['sms'], next: 'done' }, done: DONE })).toEqual(
      [],
    );
  });

  it('refuses a node that no way leads to, and one that leads to no end', () => {
    expect(
      atSubmit({
        a: { type: 'wait', for: '1h', next: 'b' },
        b: { type: 'wait', for: '1h', next: 'a' },
        done: DONE,
      }),
    ).toEqual([
      '/nodes/done no way leads here',
      '/nodes/a no way leads from here to an end',
      '/nodes/b no way leads from here to an end',
    ]);
  });

  it('refuses a template without the channel, at that channel', () => {
    expect(
      atSubmit({ a: { type: 'send', template: 'hello', channels: ['push', 'email'], next: 'done' }, done: DONE }),
    ).toEqual(['/nodes/a/channels/1 template hello has no content for email']);
  });

  it('refuses names that are not there, and lets a journey ask after itself', () => {
    expect(
      atSubmit(
        {
          a: { type: 'send', template: 'none', next: 'b' },
          b: { type: 'coupon', pool: 'none', next: 'c' },
          c: { type: 'journey', journey: 'none', next: 'd' },
          d: { type: 'branch', cases: [{ if: { journey: 'j', ended: 'won' }, next: 'e' }], default: 'e' },
          e: { type: 'branch', cases: [{ if: { tag: 'none' }, next: 'f' }], default: 'f' },
          f: { type: 'wait-for', timeout: '1d', onTimeout: 'done', for: [{ tag: 'none', on: 'added', next: 'done' }] },
          done: DONE,
        },
        {
          audience: { all: [{ segment: 'none' }, { journey: 'none', is: 'open' }] },
          entry: { tag: 'none', on: 'added' },
          exit: [{ tag: 'none', on: 'added' }],
        },
      ),
    ).toEqual([
      '/entry/tag there is no tag none',
      '/audience there is no segment none',
      '/audience there is no journey none',
      '/exit/0/tag there is no tag none',
      '/nodes/a/template there is no template none',
      '/nodes/b/pool there is no coupon pool none',
      '/nodes/c/journey there is no journey none',
      '/nodes/e/cases/0/if there is no tag none',
      '/nodes/f/for/0/tag there is no tag none',
    ]);
  });

  it('refuses to set a tag that has a rule', () => {
    const journey = journeyOf(
      { a: { type: 'update', addTags: ['met', 'vip'], removeTags: ['vip'], next: 'done' }, done: DONE },
      { exit: [{ event: 'E', addTags: ['vip'] }] },
    );
    expect(
      checkReferences('j', journey, viewOf({ tags: ['met', 'vip'], rules: ['vip'] })).errors.map((issue) => issue.path),
    ).toEqual(['/exit/0/addTags/0', '/nodes/a/addTags/1', '/nodes/a/removeTags/0']);
  });

  it('refuses to set or remove a tag that is not there', () => {
    const journey = journeyOf(
      { a: { type: 'update', addTags: ['met'], removeTags: ['vip'], next: 'done' }, done: DONE },
      { exit: [{ event: 'E', addTags: ['vip'] }] },
    );
    expect(messagesAt(checkReferences('j', journey, viewOf({ tags: ['met'] })).errors)).toEqual([
      '/exit/0/addTags/0 there is no tag vip',
      '/nodes/a/removeTags/0 there is no tag vip',
    ]);
  });
});

describe('a circle', () => {
  /** send → rest → send …, with a way out. */
  const loop = (rest: Record<string, unknown> & { type: string }) =>
    atSubmit({
      a: { type: 'send', template: 'hello', next: 'rest' },
      rest,
      out: { type: 'branch', cases: [{ if: { tag: 'vip' }, next: 'done' }], default: 'a' },
      done: DONE,
    }).map((line) => line.split(' ')[0]);
  const everyNodeOfIt = ['/nodes/a', '/nodes/rest', '/nodes/out'];

  it('is refused without a wait', () => {
    expect(loop({ type: 'coupon', pool: 'pool', next: 'out' })).toEqual(everyNodeOfIt);
  });

  it.each([{ for: '1s' }, { until: { time: '10:00' } }])('turns by a wait %j', (wait) => {
    expect(loop({ type: 'wait', ...wait, next: 'out' })).toEqual([]);
  });

  it.each([{ for: '0s' }, { until: { sinceEntry: '72h' } }, { until: { trait: 'birthday', every: 'year' } }])(
    'is refused where its only wait may be past: %j',
    (wait) => {
      expect(loop({ type: 'wait', ...wait, next: 'out' })).toEqual(everyNodeOfIt);
    },
  );

  it('turns by an event that has to happen anew, not by a tag that may be on or an event that may lie there', () => {
    const waitFor = (way: object) =>
      loop({ type: 'wait-for', timeout: '1d', onTimeout: 'done', for: [{ ...way, next: 'out' }] });
    expect(waitFor({ event: 'E' })).toEqual([]);
    expect(waitFor({ message: 'a', was: 'clicked' })).toEqual([]);
    expect(waitFor({ tag: 'vip', on: 'added' })).toEqual(everyNodeOfIt);
    expect(waitFor({ event: 'E', since: 'entry' })).toEqual(everyNodeOfIt);
  });

  it('turns by a timeout that is a duration, not by one that may be past', () => {
    const timeout = (of: unknown) =>
      loop({ type: 'wait-for', timeout: of, onTimeout: 'out', for: [{ event: 'E', next: 'done' }] });
    expect(timeout('1d')).toEqual([]);
    expect(timeout({ sinceEntry: '1d' })).toEqual(everyNodeOfIt);
  });
});
