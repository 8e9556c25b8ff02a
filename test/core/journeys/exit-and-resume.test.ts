import { describe, expect, it } from 'vitest';
import { ruleTurnedEvent } from '../../../core/events/internal.ts';
import { messageIdOf } from '../../../core/ids.ts';
import {
  earliestResolve,
  exitOf,
  reachesGoal,
  resolvedByTags,
  resolveOf,
} from '../../../core/journeys/exit-and-resume.ts';
import { taskIdOf } from '../../../core/journeys/nodes/task.ts';
import { RESOLVED_BY, withResult } from '../../../core/journeys/run-data.ts';
import { MAX_RUN_DATA_BYTES } from '../../../core/limits.ts';
import { DONE, eventOf, HOUR, journeyOf, NOW, runOf } from './builders.ts';

const hello = messageIdOf(runOf(), NOW, 'hello', 2);
/** Rests at `ask` since two hours after its entry; its second `hello` was an hour before. */
const run = runOf({
  node: 'ask',
  leftAt: NOW + 2 * HOUR,
  data: withResult({ cart_id: 'c1', order: '1001', number: 1001 }, 'gift', { code: 'A1' }),
  visits: { hello: { count: 2, at: NOW + HOUR, message: hello }, ask: { count: 1, at: NOW + 2 * HOUR } },
});
const LATER = NOW + 3 * HOUR;

describe('a goal', () => {
  const reaches = (goal: object, event: ReturnType<typeof eventOf>) =>
    reachesGoal(journeyOf({ done: DONE }, { goal: { event: 'Paid', ...goal } }), run, event);

  it('is reached by timestamp after the entry, in its time, and never by the entry itself', () => {
    expect(reaches({ within: '2h' }, eventOf('Paid', NOW + 2 * HOUR))).toBe(true);
    expect(reaches({ within: '2h' }, eventOf('Paid', NOW + 2 * HOUR + 1))).toBe(false);
    expect(reaches({}, eventOf('Paid', NOW - 1))).toBe(false);
    expect(reaches({}, eventOf('Paid', NOW, {}, 'entered'))).toBe(false);
    expect(reaches({}, eventOf('Paid', NOW, {}, 'another'))).toBe(true);
    expect(reaches({}, eventOf('Refunded', LATER))).toBe(false);
  });

  it('may be a tag that turns on, but not by the entry event, and no figure', () => {
    const turned = (tag: string, at: number, on = true) => ruleTurnedEvent(tag, on, 1, at);
    const by = (goal: object, event: ReturnType<typeof eventOf>, own: object = {}) =>
      reachesGoal(journeyOf({ done: DONE }, { goal }), { ...run, ...own }, event);
    const goal = { tag: 'vip', within: '2h' };
    expect(by(goal, turned('vip', NOW + 2 * HOUR))).toBe(true);
    expect(by(goal, turned('vip', NOW + 2 * HOUR + 1))).toBe(false);
    expect(by(goal, turned('vip', NOW - 1))).toBe(false);
    expect(by(goal, turned('vip', LATER, false))).toBe(false);
    expect(by(goal, turned('other', NOW + HOUR))).toBe(false);
    expect(by(goal, turned('vip', NOW + 1), { own: { vip: NOW + 1 } })).toBe(false);
    expect(by(goal, turned('vip', NOW + 2), { own: { vip: NOW + 1 } })).toBe(true);
    expect(by({ computed: 'basket', change: 0.1, baseline: 1 }, turned('vip', LATER))).toBe(false);
  });

  it('compares with what the run entered with', () => {
    expect(reaches({ same: 'order' }, eventOf('Paid', LATER, { order: 1001 }))).toBe(true);
    expect(reaches({ same: 'order' }, eventOf('Paid', LATER, { order: 1002 }))).toBe(false);
    expect(reaches({ same: { code: 'gift.code' } }, eventOf('Paid', LATER, { code: 'A1' }))).toBe(true);
    expect(reaches({ same: { code: 'gift.code' } }, eventOf('Paid', LATER, { code: 'B2' }))).toBe(false);
    const where = { cart: { eq: { data: 'cart_id' } } };
    expect(reaches({ where }, eventOf('Paid', LATER, { cart: 'c1' }))).toBe(true);
    expect(reaches({ where }, eventOf('Paid', LATER, { cart: 'c2' }))).toBe(false);
  });
});

describe('an exit', () => {
  const exitBy = (rule: object, event: ReturnType<typeof eventOf>) =>
    exitOf(
      journeyOf({ hello: { type: 'send', template: 't', next: 'done' }, done: DONE }, { exit: [rule] }),
      run,
      event,
    );

  it('gives its outcome and tags', () => {
    const rule = { event: 'Order Completed', outcome: 'ordered', addTags: ['buyer'] };
    expect(exitBy(rule, eventOf('Order Completed', LATER))).toMatchObject({ outcome: 'ordered', addTags: ['buyer'] });
    expect(exitBy(rule, eventOf('Order Cancelled', LATER))).toBeUndefined();
  });

  it('looks at the event, and at what the run entered with', () => {
    const rule = { event: 'E', where: { total: { gte: 5 }, cart: { eq: { data: 'cart_id' } } } };
    expect(exitBy(rule, eventOf('E', LATER, { total: 5, cart: 'c1' }))).toBeDefined();
    expect(exitBy(rule, eventOf('E', LATER, { total: 4, cart: 'c1' }))).toBeUndefined();
    expect(exitBy(rule, eventOf('E', LATER, { total: 5, cart: 'c2' }))).toBeUndefined();
  });

  it('compares with the traits of the customer', () => {
    const journey = journeyOf(
      { hello: { type: 'send', template: 't', next: 'done' }, done: DONE },
      { exit: [{ event: 'E', where: { city: { eq: { trait: 'city' } } } }] },
    );
    const event = eventOf('E', LATER, { city: 'Wuhan' });
    expect(exitOf(journey, run, event, (name) => (name === 'city' ? 'Wuhan' : undefined))).toBeDefined();
    expect(exitOf(journey, run, event, () => 'Shanghai')).toBeUndefined();
    expect(exitOf(journey, run, event)).toBeUndefined();
  });

  it('counts from the entry on; what was before does not, nor the entry event itself', () => {
    const rule = { event: 'Signed Up' };
    expect(exitBy(rule, eventOf('Signed Up', NOW - 1))).toBeUndefined();
    expect(exitBy(rule, eventOf('Signed Up', NOW, {}, 'entered'))).toBeUndefined();
    expect(exitBy(rule, eventOf('Signed Up', NOW, {}, 'another'))).toBeDefined();
  });

  it.each([
    ['the same property', 'cart_id', { cart_id: 'c1' }, true],
    ['another value', 'cart_id', { cart_id: 'c2' }, false],
    ['absent there', 'cart_id', {}, false],
    ['absent here', 'order_id', { order_id: 'o1' }, false],
    ['absent on both sides', 'order_id', {}, false],
    ['a number that reads alike', 'cart_id', { cart_id: 1 }, false],
    ['a number where the run has its digits as text', 'order', { order: 1001 }, true],
    ['text where the run has a number', 'number', { number: ' 1001 ' }, true],
    ['other digits', 'order', { order: 10010 }, false],
    ['another case', 'cart_id', { cart_id: 'C1' }, false],
    ['theirs under another name', { 'cart.id': 'cart_id' }, { cart: { id: 'c1' } }, true],
    ['one of theirs', { 'carts.id': 'cart_id' }, { carts: [{ id: 'c0' }, { id: 'c1' }] }, true],
    ['theirs with the result of a node', { code: 'gift.code' }, { code: 'A1' }, true],
    ['another than the result of a node', { code: 'gift.code' }, { code: 'B2' }, false],
    ['all pairs, of which one differs', { cart: 'cart_id', other: 'cart_id' }, { cart: 'c1', other: 'c2' }, false],
  ])('with `same`: %s', (_what, same, properties, is) => {
    expect(exitBy({ event: 'E', same }, eventOf('E', LATER, properties)) !== undefined).toBe(is);
  });

  it('follows the newest message of a node, and no machine', () => {
    const rule = { message: 'hello', was: 'opened' };
    const exitOn = (name: string, properties: object) =>
      exitBy(rule, eventOf(name, LATER, { messageId: hello, ...properties }));
    expect(exitOn('Message Opened', {})).toBeDefined();
    expect(exitOn('Message Clicked', {})).toBeDefined();
    expect(exitOn('Message Delivered', {})).toBeUndefined();
    expect(exitOn('Message Opened', { machine: true })).toBeUndefined();
    expect(exitOn('Message Opened', { messageId: messageIdOf(run, NOW, 'hello', 1) })).toBeUndefined();
  });

  it('follows a tag that turns', () => {
    const rule = { tag: 'vip', on: 'added' };
    expect(exitBy(rule, ruleTurnedEvent('vip', true, 5, LATER))).toBeDefined();
    expect(exitBy(rule, ruleTurnedEvent('vip', false, 5, LATER))).toBeUndefined();
    expect(exitBy(rule, ruleTurnedEvent('new', true, 5, LATER))).toBeUndefined();
    expect(exitBy(rule, ruleTurnedEvent('vip', true, 5, NOW - 1))).toBeUndefined();
  });
});

describe('a wait-for', () => {
  const way = (rest: object) => ({ next: 'done', ...rest });
  const asking = (ways: object[], rest: object = {}) =>
    journeyOf({
      ask: { type: 'wait-for', timeout: '3d', onTimeout: 'done', for: ways.map(way), ...rest },
      hello: { type: 'send', template: 't', next: 'done' },
      done: DONE,
    });

  it('is resolved by the first way that fits, with what the event said', () => {
    const journey = asking([{ event: 'E', where: { about: 'price' } }, { event: 'E' }]);
    expect(resolveOf(journey, run, eventOf('E', LATER, { about: 'price' }))).toEqual({
      way: { kind: 'resolved', index: 0 },
      output: { about: 'price' },
    });
    expect(resolveOf(journey, run, eventOf('E', LATER, { about: 'us' }))?.way).toEqual({ kind: 'resolved', index: 1 });
    expect(resolveOf(journey, run, eventOf('F', LATER))).toBeUndefined();
  });

  it('is left without what the run has no room to store', () => {
    const journey = asking([{ event: 'E' }]);
    const full = { ...run, data: { ...run.data, note: 'x'.repeat(MAX_RUN_DATA_BYTES - 1_000) } };
    const event = eventOf('E', LATER, { about: 'price', why: 'y'.repeat(1_000) });
    expect(resolveOf(journey, run, event)?.output).toEqual(event.properties);
    expect(resolveOf(journey, full, event)).toEqual({ way: { kind: 'resolved', index: 0 } });
  });

  it.each([
    ['here, which is the default', undefined, undefined, 2],
    ['entry', undefined, 'entry', 0],
    ['a node', undefined, 'hello', 1],
    ["the way's own before the node's", 'entry', 'here', 0],
  ])('counts since %s', (_what, ofWay, ofNode, hours) => {
    const journey = asking([{ event: 'E', since: ofWay }], { since: ofNode });
    expect(resolveOf(journey, run, eventOf('E', NOW + hours * HOUR - 1))).toBeUndefined();
    expect(resolveOf(journey, run, eventOf('E', NOW + hours * HOUR))).toBeDefined();
  });

  it('is resolved neither by the entry event nor twice by one event', () => {
    const journey = asking([{ event: 'Signed Up', since: 'entry' }]);
    expect(resolveOf(journey, run, eventOf('Signed Up', NOW, {}, 'entered'))).toBeUndefined();
    const again = { ...run, data: withResult(run.data, RESOLVED_BY, 'e') };
    expect(resolveOf(journey, again, eventOf('Signed Up', LATER, {}, 'e'))).toBeUndefined();
    expect(resolveOf(journey, run, eventOf('Signed Up', LATER, {}, 'e'))).toBeDefined();
  });

  it('hears of a message from its creation on, before it came to rest', () => {
    const journey = asking([{ message: 'hello', was: 'clicked' }]);
    const clicked = (at: number) => resolveOf(journey, run, eventOf('Message Clicked', at, { messageId: hello }));
    expect(clicked(NOW + HOUR - 1)).toBeUndefined();
    expect(clicked(NOW + HOUR)).toEqual({ way: { kind: 'resolved', index: 0 } });
  });

  it('of several events is resolved by the first in order', () => {
    const journey = asking([{ event: 'A' }, { event: 'B' }]);
    const events = [eventOf('B', NOW), eventOf('B', LATER), eventOf('A', LATER + 1)];
    expect(earliestResolve(journey, run, events)).toEqual({
      event: events[1],
      way: { kind: 'resolved', index: 1 },
      output: {},
    });
    expect(earliestResolve(journey, run, [])).toBeUndefined();
  });

  it('is resolved at once by a tag that is already as it waits for', () => {
    const journey = asking([{ event: 'A' }, { tag: 'vip', on: 'added' }, { tag: 'new', on: 'removed' }]);
    expect(resolvedByTags(journey, run, (tag) => (tag === 'vip' ? 1 : undefined))).toEqual({
      way: { kind: 'resolved', index: 1 },
    });
    expect(resolvedByTags(journey, run, () => undefined)).toEqual({ way: { kind: 'resolved', index: 2 } });
    expect(resolvedByTags(journey, run, (tag) => (tag === 'new' ? 1 : undefined))).toBeUndefined();
    // Turned by the entry event itself; a later turning is another matter.
    const own = { ...run, own: { vip: 1, new: 1 } };
    expect(resolvedByTags(journey, own, (tag) => (tag === 'vip' ? 1 : undefined))).toBeUndefined();
    expect(resolvedByTags(journey, own, (tag) => (tag === 'vip' ? 2 : undefined))).toEqual({
      way: { kind: 'resolved', index: 1 },
    });
  });

  it('that the run does not rest at hears nothing', () => {
    expect(resolveOf(asking([{ event: 'E' }]), { ...run, node: 'hello' }, eventOf('E', LATER))).toBeUndefined();
    expect(resolveOf(asking([{ event: 'E' }]), { ...run, node: undefined }, eventOf('E', LATER))).toBeUndefined();
  });
});

describe('a task that is awaited', () => {
  const journey = journeyOf({
    ask: {
      type: 'task',
      queue: 'q',
      title: 't',
      await: { timeout: '2d', outcomes: { won: 'done' }, onTimeout: 'done' },
    },
    done: DONE,
  });
  const task = taskIdOf(run.entry, 'ask', 1, NOW);
  const asked = { ...run, visits: { ...run.visits, ask: { count: 1, at: NOW, tasks: [NOW] } } };
  const completed = (properties: object) =>
    resolveOf(journey, asked, eventOf('Task Completed', LATER, { ...properties }));

  it('is left by its outcome', () => {
    expect(completed({ taskId: task, outcome: 'won' })).toEqual({ way: { kind: 'outcome', outcome: 'won' } });
  });

  it('is not left by another task, by that of an earlier visit, or by an outcome that leads nowhere', () => {
    expect(completed({ taskId: taskIdOf(run.entry, 'ask', 2, NOW), outcome: 'won' })).toBeUndefined();
    expect(completed({ taskId: task, outcome: 'constructor' })).toBeUndefined();
    expect(completed({ taskId: task })).toBeUndefined();
  });
});
