import { describe, expect, it } from 'vitest';
import { messageIdOf } from '../../../core/ids.ts';
import { currentTask, taskIdOf, tasksOf, withTask } from '../../../core/journeys/nodes/task.ts';
import { liquidData } from '../../../core/journeys/run-data.ts';
import { RenderError } from '../../../core/templates/liquid.ts';
import { type RenderAs, renderString } from '../../../core/templates/render.ts';
import { DAY, DONE, evaluationContextOf, HOUR, journeyOf, NOW, runOf, walkFrom } from './builders.ts';

const send = (next: string) => ({ type: 'send', template: 'hello', next });
const waited = (node: string) => ({ kind: 'stop', node, way: { kind: 'waited' } }) as const;

describe('a walk', () => {
  it('runs the nodes up to the next stop and says until when it rests', async () => {
    const journey = journeyOf({ hello: send('rest'), rest: { type: 'wait', for: '48h', next: 'done' }, done: DONE });
    const { plan, visits } = await walkFrom(journey);
    const message = messageIdOf(runOf(), NOW, 'hello', 1);
    expect(plan).toEqual({
      n: 1,
      at: NOW,
      actions: [{ kind: 'send', node: 'hello', message }],
      next: { kind: 'stop', node: 'rest', until: NOW + 2 * DAY },
    });
    expect(visits).toEqual({ hello: { count: 1, at: NOW, message }, rest: { count: 1, at: NOW } });
  });

  it('goes on behind the stop that was left, to the end and its outcome', async () => {
    const journey = journeyOf({
      rest: { type: 'wait', for: '1h', next: 'hello' },
      hello: send('done'),
      done: { ...DONE, outcome: 'greeted' },
    });
    const { plan } = await walkFrom(journey, waited('rest'), { at: NOW + HOUR });
    expect(plan).toMatchObject({
      at: NOW + HOUR,
      actions: [{ node: 'hello' }],
      next: { kind: 'end', outcome: 'greeted' },
    });
  });

  it('counts a stop from the instant at which the one before was left, however late the walk', async () => {
    const journey = journeyOf({ rest: { type: 'wait', for: '1h', next: 'done' }, done: DONE });
    const { plan } = await walkFrom(journey, { kind: 'start' }, { at: NOW, now: NOW + 5 * HOUR });
    expect(plan.next).toEqual({ kind: 'stop', node: 'rest', until: NOW + HOUR });
  });

  it('gives each visit a message of its own, the same at every repeat', async () => {
    const journey = journeyOf({ hello: send('rest'), rest: { type: 'wait', for: '1h', next: 'hello' }, done: DONE });
    const first = await walkFrom(journey);
    const run = runOf({ visits: first.visits, step: 2 });
    const again = () => walkFrom(journey, waited('rest'), { run, at: NOW + HOUR });
    const second = await again();
    expect(second.plan.actions).toEqual([
      { kind: 'send', node: 'hello', message: messageIdOf(run, NOW + HOUR, 'hello', 2) },
    ]);
    expect(second.visits.hello).toEqual({
      count: 2,
      at: NOW + HOUR,
      message: messageIdOf(run, NOW + HOUR, 'hello', 2),
    });
    expect(await again()).toEqual(second);
    expect(first.plan.actions).not.toEqual(second.plan.actions);
  });

  it('rests behind a send whose message will be held, and goes on from there without sending again', async () => {
    const journey = journeyOf({ one: send('two'), two: send('done'), done: DONE });
    const held = await walkFrom(
      journey,
      { kind: 'start' },
      {
        ports: { rests: async (node) => (node === 'two' ? { resumeAt: NOW + HOUR } : undefined) },
      },
    );
    const message = messageIdOf(runOf(), NOW, 'two', 1);
    expect(held.plan.actions.map(({ node }) => node)).toEqual(['one', 'two']);
    expect(held.plan.next).toEqual({ kind: 'park', node: 'two', resumeAt: NOW + HOUR, held: message });
    const { plan } = await walkFrom(journey, waited('two'), { run: runOf({ visits: held.visits }) });
    expect(plan.actions).toEqual([]);
    expect(plan.next).toEqual({ kind: 'end' });
  });

  it('parks in a circle that no check has found, instead of hanging', async () => {
    const journey = journeyOf({
      a: { type: 'coupon', pool: 'p', next: 'b' },
      b: { type: 'coupon', pool: 'p', next: 'a' },
    });
    const { plan } = await walkFrom(journey);
    expect(plan.next).toMatchObject({ kind: 'park', resumeAt: NOW + 1000 });
  });

  it('fails loudly at a node that is not there', async () => {
    const journey = journeyOf({ a: { type: 'wait', for: '1h', next: 'gone' }, done: DONE });
    await expect(walkFrom(journey, waited('a'))).rejects.toThrow('journey j v1 has no node gone');
  });
});

describe('a coupon', () => {
  const journey = journeyOf({
    gift: { type: 'coupon', pool: 'fifty', next: 'rest', onEmpty: 'empty' },
    rest: { type: 'wait', for: '1h', next: 'gift' },
    empty: { ...DONE, outcome: 'empty' },
  });

  it('is drawn once: a second visit has the same code', async () => {
    let drawn = 0;
    const draw = async (pool: string, node: string) => {
      drawn += 1;
      return { code: `${pool}-${node}-${drawn}`, index: 7, expiresAt: NOW + DAY };
    };
    const first = await walkFrom(journey, { kind: 'start' }, { ports: { draw } });
    const run = runOf({ data: first.data, visits: first.visits });
    const second = await walkFrom(journey, waited('rest'), { run, ports: { draw } });
    const gift = { code: 'fifty-gift-1', pool: 'fifty', expiresAt: '2026-11-03T01:00:00.000Z' };
    expect(liquidData(second.data)).toEqual({ data: { gift }, event: {}, coupon: gift });
    expect(drawn).toBe(1);
    expect(second.visits.gift).toMatchObject({ coupon: 7 });
  });

  it('of an empty pool goes its own way', async () => {
    const { plan, data } = await walkFrom(journey);
    expect(plan.next).toEqual({ kind: 'end', outcome: 'empty' });
    expect(liquidData(data)).toEqual({ data: {}, event: {} });
  });
});

describe('a branch', () => {
  const end = (outcome: string) => ({ ...DONE, outcome });
  const journey = journeyOf({
    which: {
      type: 'branch',
      cases: [
        {
          if: {
            all: [
              { message: 'hello', was: 'clicked' },
              { event: 'Logged In', since: 'entry' },
            ],
          },
          next: 'a',
        },
        { if: { any: [{ tag: 'vip' }, { coupon: 'gift', was: 'redeemed' }] }, next: 'b' },
      ],
      default: 'c',
    },
    hello: send('done'),
    gift: { type: 'coupon', pool: 'p', next: 'done' },
    a: end('a'),
    b: end('b'),
    c: end('c'),
    done: DONE,
  });

  it('takes the first case that holds, else the default', async () => {
    const { plan } = await walkFrom(journey);
    expect(plan.next).toEqual({ kind: 'end', outcome: 'c' });
    const vip = await walkFrom(
      journey,
      { kind: 'start' },
      { ports: { context: async () => evaluationContextOf({ tag: () => ({ is: true }) }) } },
    );
    expect(vip.plan.next).toEqual({ kind: 'end', outcome: 'b' });
  });

  it('asks for what its conditions name, and for no more', async () => {
    const asked: unknown[] = [];
    await walkFrom(
      journey,
      { kind: 'start' },
      {
        ports: {
          context: async (needs) => {
            asked.push(needs);
            return evaluationContextOf();
          },
        },
      },
    );
    expect(asked).toEqual([{ events: ['Logged In'], messages: ['hello'], coupons: ['gift'], journeys: [] }]);
  });
});

describe('a split', () => {
  const journey = journeyOf({
    test: {
      type: 'split',
      ways: [
        { name: 'a', weight: 30, next: 'a' },
        { name: 'b', weight: 70, next: 'b' },
        { name: 'never', weight: 0, next: 'c' },
      ],
    },
    a: { ...DONE, outcome: 'a' },
    b: { ...DONE, outcome: 'b' },
    c: { ...DONE, outcome: 'c' },
  });
  const wayOf = async (profile: string, entry = 'e') => {
    const { next } = (await walkFrom(journey, { kind: 'start' }, { run: runOf({ profile, entry }) })).plan;
    return next.kind === 'end' ? next.outcome : undefined;
  };

  it('sends a customer the same way in every run', async () => {
    for (const profile of ['ann', 'bob', 'eve']) expect(await wayOf(profile, 'one')).toBe(await wayOf(profile, 'two'));
  });

  it('divides customers by weight', async () => {
    const ways = await Promise.all(Array.from({ length: 2000 }, (_, index) => wayOf(`profile-${index}`)));
    const share = ways.filter((way) => way === 'a').length / ways.length;
    expect(share).toBeGreaterThan(0.26);
    expect(share).toBeLessThan(0.34);
    expect(ways).not.toContain('c');
  });
});

describe('a wait-for', () => {
  const journey = journeyOf({
    ask: {
      type: 'wait-for',
      timeout: '3d',
      onTimeout: 'late',
      for: [
        { event: 'Survey Answered', as: 'answer', next: 'early' },
        { event: 'Logged In', next: 'early' },
      ],
    },
    early: { ...DONE, outcome: 'early' },
    late: { ...DONE, outcome: 'late' },
  });

  it('goes the way that resolved it and keeps what the event said, under `as` or its own id', async () => {
    const output = { about: 'price' };
    const from = { kind: 'stop', node: 'ask', output, by: 'e1' } as const;
    const first = await walkFrom(journey, { ...from, way: { kind: 'resolved', index: 0 } });
    expect(first.plan.next).toEqual({ kind: 'end', outcome: 'early' });
    expect(liquidData(first.data).data).toEqual({ answer: output });
    const second = await walkFrom(journey, { ...from, way: { kind: 'resolved', index: 1 } });
    expect(liquidData(second.data).data).toEqual({ ask: output });
  });

  it('goes on by its timeout', async () => {
    const { plan } = await walkFrom(journey, { kind: 'stop', node: 'ask', way: { kind: 'timeout' }, by: 'timeout' });
    expect(plan.next).toEqual({ kind: 'end', outcome: 'late' });
  });

  it('rests even where its time is over, so that its events are still looked for', async () => {
    const { plan } = await walkFrom(journey, { kind: 'start' }, { now: NOW + 10 * DAY });
    expect(plan.next).toEqual({ kind: 'stop', node: 'ask', until: NOW + 3 * DAY });
  });
});

describe('a task', () => {
  const task = { type: 'task', queue: 'sales', title: 'Call {{ data.name }}' };
  const journey = journeyOf({
    call: { ...task, await: { timeout: '2d', outcomes: { won: 'win' }, onTimeout: 'late' } },
    win: { ...DONE, outcome: 'win' },
    late: { ...DONE, outcome: 'late' },
  });
  const render = async (text: string, _run: unknown, _told: unknown, as: RenderAs) =>
    renderString(text, { data: { name: 'Lin' } }, as);

  it('is made on the way, with an id that a repeat finds again', async () => {
    const once = journeyOf({ call: { ...task, next: 'done' }, done: DONE });
    const { plan } = await walkFrom(once, { kind: 'start' }, { ports: { render } });
    expect(plan).toMatchObject({
      actions: [
        {
          kind: 'task',
          node: 'call',
          task: taskIdOf(runOf().entry, 'call', 1, NOW),
          queue: 'sales',
          title: 'Call Lin',
        },
      ],
      next: { kind: 'end' },
    });
  });

  it('of each visit is known to the run, which closes it when it is left', async () => {
    const again = { rest: { type: 'wait', for: '1h', next: 'call' }, done: DONE };
    const first = await walkFrom(journeyOf({ call: { ...task, next: 'rest' }, ...again }), { kind: 'start' });
    const run = runOf({ visits: first.visits, step: 2 });
    const second = await walkFrom(journeyOf({ call: { ...task, next: 'rest' }, ...again }), waited('rest'), {
      run,
      at: NOW + HOUR,
    });
    const made = [first, second].flatMap(({ plan }) => plan.actions.map((action) => 'task' in action && action.task));
    expect(tasksOf({ ...run, visits: second.visits })).toEqual(made);
    expect(new Set(made).size).toBe(2);
    expect(made).toEqual(made.toSorted());
  });

  it('of each visit is known, of the newest thousand', () => {
    const node = { type: 'task' as const, queue: 'sales', title: 'Call', next: 'done' };
    const before = Array.from({ length: 1_000 }, (_, index) => index);
    expect(withTask(node, before, 1_000)).toEqual([...before.slice(1), 1_000]);
    const visits = { call: { count: 1_001, at: 1_000, tasks: withTask(node, before, 1_000) } };
    expect(tasksOf({ entry: 'run', visits }).at(-1)).toBe(currentTask({ entry: 'run', visits }, 'call'));
    expect(tasksOf({ entry: 'run', visits }).at(0)).toBe(taskIdOf('run', 'call', 2, 1));
  });

  it('that is awaited is made on coming to rest, and left by its outcome', async () => {
    const { plan } = await walkFrom(journey, { kind: 'start' }, { ports: { render } });
    expect(plan).toMatchObject({
      actions: [{ outcomes: ['won'] }],
      next: { kind: 'stop', node: 'call', until: NOW + 2 * DAY },
    });
    const won = await walkFrom(journey, { kind: 'stop', node: 'call', way: { kind: 'outcome', outcome: 'won' } });
    expect(won.plan).toMatchObject({ actions: [], next: { kind: 'end', outcome: 'win' } });
    expect(liquidData(won.data).data).toEqual({ call: { outcome: 'won' } });
    const late = await walkFrom(journey, { kind: 'stop', node: 'call', way: { kind: 'timeout' } });
    expect(late.plan.next).toEqual({ kind: 'end', outcome: 'late' });
  });
});

describe('Liquid in a node', () => {
  const vars = { data: { city: 'Xian' } };
  const ports = {
    render: async (text: string, _run: unknown, _told: unknown, as: RenderAs) => renderString(text, vars, as),
  };

  it('is rendered wherever a string stands', async () => {
    const journey = journeyOf({
      mark: {
        type: 'update',
        traits: { home: { city: '{{ data.city }}' }, score: 5 },
        addTags: ['met'],
        next: 'quote',
      },
      quote: {
        type: 'journey',
        journey: 'quote',
        data: { from: ['{{ data.city }}'] },
        key: '{{ data.city }}',
        next: 'done',
      },
      done: DONE,
    });
    expect((await walkFrom(journey, { kind: 'start' }, { ports })).plan.actions).toEqual([
      {
        kind: 'update',
        node: 'mark',
        traits: { home: { city: 'Xian' }, score: 5 },
        addTags: ['met'],
        removeTags: undefined,
      },
      { kind: 'trigger', node: 'quote', journey: 'quote', key: 'Xian', data: { from: ['Xian'] } },
    ]);
  });

  it('that misses a variable costs what it would have written, never the run', async () => {
    const gone = '{{ data.gone }}';
    const journey = journeyOf({
      mark: { type: 'update', traits: { lost: gone, kept: 'yes' }, next: 'quote' },
      quote: { type: 'journey', journey: 'quote', key: gone, next: 'call' },
      call: { type: 'task', queue: 'sales', title: `Call ${gone}`, next: 'done' },
      done: DONE,
    });
    expect((await walkFrom(journey, { kind: 'start' }, { ports })).plan).toMatchObject({
      actions: [
        { kind: 'update', traits: { kept: 'yes' } },
        { kind: 'task', title: `Call ${gone}` },
      ],
      next: { kind: 'end' },
    });
  });

  it('passes on any other fault, which a retry may mend', async () => {
    const journey = journeyOf({ call: { type: 'task', queue: 'q', title: '{{ x }}', next: 'done' }, done: DONE });
    const failing = (error: Error) =>
      walkFrom(journey, { kind: 'start' }, { ports: { render: () => Promise.reject(error) } });
    await expect(failing(new Error('throttled'))).rejects.toThrow('throttled');
    await expect(failing(new RenderError('undefined variable: x'))).resolves.toBeDefined();
  });
});

it('keeps entry properties apart from what nodes stored', async () => {
  const way = { event: 'E', as: 'cart', next: 'done' };
  const journey = journeyOf({ ask: { type: 'wait-for', timeout: '1d', onTimeout: 'done', for: [way] }, done: DONE });
  const run = runOf({ data: { cart: 'c1', total: 5 } });
  const { data } = await walkFrom(
    journey,
    { kind: 'stop', node: 'ask', way: { kind: 'resolved', index: 0 }, output: { cart: 'other' } },
    { run },
  );
  expect(liquidData(data)).toEqual({ data: { cart: { cart: 'other' }, total: 5 }, event: { cart: 'c1', total: 5 } });
});
