import { describe, expect, it } from 'vitest';
import { type Journey, JourneySchema } from '../../../core/journeys/schema.ts';
import { mapFaults, migrated, migrationOf } from '../../../core/runs/migration.ts';
import type { Run } from '../../../core/runs/run.ts';

const journey = (nodes: Record<string, object>): Journey =>
  JourneySchema.parse({
    name: 'J',
    entry: { event: 'Begun' },
    start: 'rest',
    nodes: { ...nodes, done: { type: 'end' } },
  });
const send = { type: 'send', template: 'hello', next: 'done' };
const rest = { type: 'wait', for: '1d', next: 'done' };
const replied = { event: 'Replied', next: 'done' };
const ordered = { event: 'Ordered', where: { total: { gte: 10 } }, next: 'done' };
const waitFor = (...ways: object[]) => ({ type: 'wait-for', timeout: '1d', for: ways, onTimeout: 'done' });
const task = (...outcomes: string[]) => ({
  type: 'task',
  queue: 'q',
  title: 't',
  await: { timeout: '1d', onTimeout: 'done', outcomes: Object.fromEntries(outcomes.map((one) => [one, 'done'])) },
});

const from = journey({ rest, send, reply: waitFor(replied, ordered), call: task('won', 'lost'), gone: rest });
const to = journey({
  rest: { ...rest, for: '2d' },
  send,
  reply: waitFor(ordered),
  call: task('won'),
  later: rest,
  letter: send,
});

const run = (node: string, more: Partial<Run> = {}): Run => ({
  entry: 'e',
  profile: 'p',
  journey: 'j',
  version: 1,
  key: '',
  at: 0,
  data: {},
  status: 'open',
  leg: 1,
  step: 1,
  node,
  plan: { n: 0, at: 0, actions: [], next: { kind: 'stop', node, until: 1 } },
  visits: { [node]: { count: 2, at: 0 } },
  ...more,
});
const resolved = (index: number) => ({ way: { kind: 'resolved' as const, index }, by: 'e1' });
const waited = { way: { kind: 'waited' as const }, by: 'wait' };

describe('a run moves to a newer version', () => {
  it.each<[string, Run, Record<string, string>, unknown]>([
    ['where it rests at a node of the same name', run('rest'), {}, { node: 'rest' }],
    ['where the map says', run('gone'), { gone: 'later' }, { node: 'later' }],
    ['from a wait to a wait for an event', run('gone'), { gone: 'reply' }, { node: 'reply' }],
    [
      'behind a held message',
      run('send', { status: 'parked', claim: { ...waited, by: 'held' } }),
      {},
      { node: 'send' },
    ],
    [
      'by a way that the new node has too',
      run('reply', { status: 'parked', claim: resolved(1) }),
      {},
      { node: 'reply' },
    ],
    ['after a pause', run('rest', { status: 'parked', claim: waited }), {}, { node: 'rest' }],
    ['not without a node to go on at', run('gone'), {}, { stays: 'unmapped' }],
    ['not where an outcome of its task is gone', run('call'), {}, { stays: 'unmapped' }],
    [
      'not by a way that the new node lacks',
      run('reply', { status: 'parked', claim: resolved(0) }),
      {},
      { stays: 'leaving' },
    ],
    ['not once its way is claimed', run('reply', { claim: resolved(1) }), {}, { stays: 'leaving' }],
    ['not before its execution has surely started', run('rest', { dueAt: 1 }), {}, { stays: 'leaving' }],
    ['not before its first stop', run('rest', { leg: 0, status: 'parked' }), {}, { stays: 'entering' }],
    ['not where somebody tests by it', run('rest', { test: { waits: 1 } }), {}, { stays: 'test' }],
  ])('%s', (_title, one, map, expected) => {
    expect(migrationOf(one, { from, to, map })).toEqual(expected);
  });

  it('takes over the visit of its node, and the way out under its new number', () => {
    const before = run('reply', { status: 'parked', claim: resolved(1) });
    expect(migrated(before, { from, to }, { version: 2, node: 'reply' }).claim).toEqual(resolved(0));
    const moved = migrated(run('gone'), { from, to }, { version: 2, node: 'later' });
    expect(moved).toMatchObject({
      version: 2,
      node: 'later',
      visits: { later: { count: 2 } },
      plan: { next: { node: 'later' } },
    });
    expect(moved.visits).not.toHaveProperty('gone');
  });

  it('by a map whose faults are named with their pointers', () => {
    const map = { nowhere: 'rest', done: 'rest', rest: 'nowhere', gone: 'letter', call: 'reply', send: 'letter' };
    expect(mapFaults({ from, to, map }).map(({ path }) => path)).toEqual([
      '/map/nowhere',
      '/map/done',
      '/map/rest',
      '/map/gone',
      '/map/call',
    ]);
  });
});
