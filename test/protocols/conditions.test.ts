import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { idempotency } from '../../adapters/dynamo/idempotency.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { reservations } from '../../adapters/dynamo/reservations.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { compress } from '../../core/compression.ts';
import type { Job } from '../../core/jobs/job.ts';
import type { Claim, Plan } from '../../core/runs/run.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import { type Fence, LEASE_MS, type RunStore } from '../../engine/runs/ports.ts';
import type { Item } from './expressions.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { START } from './script.ts';
import { TABLES } from './tables.ts';

/** Tests the conditions of single writes: a second executor's write is refused if it comes after the first one's. */

const AT = START;
const HERE: Fence = { leg: 2, step: 5 };
const STATUSES = ['entering', 'open', 'parked', 'closed'];
const claim: Claim = { way: { kind: 'timeout' }, by: 'timeout' };
const plan: Plan = { n: HERE.step, at: AT, actions: [], next: { kind: 'stop', node: 'rest', until: AT + 1 } };
const committed = { plan, node: 'rest', leftAt: AT, data: {}, visits: {} };

/** A run as it is stored. */
async function lying(item: Item = {}) {
  const memory = new MemoryTables();
  const before = {
    ...{
      pk: 'RUN#e',
      sk: 'RUN',
      profile: 'p',
      journey: 'j',
      version: 1,
      runKey: '',
      at: AT,
      walk: compress({ data: {} }),
    },
    ...{ status: 'open', ...HERE, dueAt: AT, dueShard: '00' },
    ...item,
  };
  await memory.client.send(new PutCommand({ TableName: TABLES.runs, Item: before }));
  return { runs: runStore(memory.client, TABLES.runs), before, now: () => memory.all(TABLES.runs)[0] };
}

type Write = (runs: RunStore, from: Fence) => Promise<boolean>;
/** The status that each write finds, and whether it belongs to one step. */
const WRITES: Record<string, { write: Write; of: string[]; anyStep?: boolean }> = {
  'the beginning of a leg': {
    write: (runs, from) => runs.beginLeg('e', from, committed, AT),
    of: ['entering', 'parked'],
  },
  'the word that its execution has started': {
    write: (runs, { leg }) => runs.confirmStart('e', { leg }),
    of: ['open'],
    anyStep: true,
  },
  'a plan': { write: (runs, from) => runs.commitPlan('e', from, committed), of: ['open'] },
  'putting off a leg': { write: (runs, from) => runs.postpone('e', from, AT + 1), of: ['entering', 'parked'] },
  parking: { write: (runs, from) => runs.park('e', from, claim, AT, AT + 1), of: ['open'] },
  'parking at the end of a plan': { write: (runs, from) => runs.parkPlanned('e', from, AT + 1, claim), of: ['open'] },
  'parking where an execution was lost': { write: (runs, from) => runs.parkLost('e', from, AT + 1), of: ['open'] },
  'a claim': { write: (runs, from) => runs.claim('e', from, claim), of: ['open'] },
  'a token': { write: (runs, from) => runs.setToken('e', from, 'token', 0), of: ['open'] },
  'its end': { write: (runs, from) => runs.commitPlan('e', from, { ...committed, end: { at: AT } }), of: ['open'] },
};

describe.each(Object.entries(WRITES))('of a run, %s', (_, { write, of, anyStep }) => {
  it.each(of)('is written where it is %s', async (status) => {
    const { runs } = await lying({ status });
    expect(await write(runs, HERE)).toBe(true);
  });

  it.each([
    ...STATUSES.filter((status) => !of.includes(status)).map((status): [string, Item] => [
      `it is ${status}`,
      { status },
    ]),
    ...of.flatMap((status): [string, Item][] => [
      [`it is ${status} in the leg before`, { status, leg: HERE.leg - 1 }],
      [`it is ${status} in a later leg`, { status, leg: HERE.leg + 1 }],
      ...(anyStep
        ? []
        : ([
            [`it is ${status} a step before`, { status, step: HERE.step - 1 }],
            [`it is ${status} a step later`, { status, step: HERE.step + 1 }],
          ] satisfies [string, Item][])),
    ]),
  ])('is refused where %s', async (_where, item) => {
    const { runs, before, now } = await lying(item);
    expect(await write(runs, HERE)).toBe(false);
    expect(now()).toEqual(before);
  });
});

describe('a run', () => {
  it('is created once', async () => {
    const { runs, before, now } = await lying();
    const run = { entry: 'e', profile: 'p', journey: 'j', version: 1, key: '', at: AT, data: {} };
    expect(await runs.create(run, AT)).toBe(false);
    expect(now()).toEqual(before);
  });

  it('that is closed is not closed for another reason', async () => {
    const { runs, before, now } = await lying({ status: 'closed', reason: 'ended' });
    expect(await runs.close('e', 'exited', AT)).toBe(false);
    expect(now()).toEqual(before);
  });

  it('is claimed once for each step', async () => {
    const { runs, before, now } = await lying({
      claim: compress({ way: { kind: 'resolved', index: 0 }, by: 'event' }),
    });
    expect(await runs.claim('e', HERE, claim)).toBe(false);
    expect(now()).toEqual(before);
  });

  it('keeps the token of the newest attempt', async () => {
    const { runs, before, now } = await lying({ token: { leg: HERE.leg, attempt: 2, value: 'newest' } });
    expect(await runs.setToken('e', HERE, 'older', 1)).toBe(false);
    expect(now()).toEqual(before);
    expect(await runs.setToken('e', HERE, 'again', 2)).toBe(true);
  });

  it('that was looked at meanwhile is not put off', async () => {
    const { runs, before, now } = await lying();
    expect(await runs.postponeDue('e', AT - 1, AT + 1)).toBe(false);
    expect(now()).toEqual(before);
  });
});

describe('a message', () => {
  const template = { id: 't', version: 1 };
  const source = { kind: 'api' as const, id: 'ann' };
  const request = { message: 'm', profile: 'p', template, source, at: AT };
  const draft = {
    id: 'm',
    profile: 'p',
    channel: 'push',
    template,
    topic: undefined,
    source,
    at: AT,
    request,
  } as Draft;
  const taken = async () => {
    const messages = messageStore(new MemoryTables().client, TABLES.messages);
    await messages.take(draft, 'a', AT, AT + 1);
    return messages;
  };

  it('is sent again once for each time that somebody asks', async () => {
    const messages = await taken();
    await messages.giveUp({ id: 'm' }, 'a', 'failed', 'render-failed', AT);
    expect(await messages.reopen('m', 'first', AT)).toEqual({ from: { as: 'failed', reason: 'render-failed' } });
    await messages.refuse(draft, 'suppressed', 'no-address', AT);
    expect(await messages.reopen('m', 'first', AT)).toBe(false);
    expect(await messages.reopen('m', 'second', AT)).toEqual({ from: { as: 'suppressed', reason: 'no-address' } });
  });

  it('that arrived, is on its way, or is heard of is not sent again', async () => {
    const messages = await taken();
    expect(await messages.reopen('m', 'one', AT)).toBe(false);
    await messages.sent('m', 'a', AT, 'push', 'p');
    expect(await messages.reopen('m', 'one', AT)).toBe(false);
    const unheard = await taken();
    await unheard.unknown('m', 'a', AT, 'lost');
    await unheard.receive('m', 'delivered', { at: AT });
    expect(await unheard.reopen('m', 'one', AT)).toBe(false);
  });
});

describe('a task', () => {
  const task = {
    ...{ id: 't', queue: 'service', title: 'Call', profile: 'p', at: AT },
    source: { kind: 'journey' as const, id: 'j', version: 1, node: 'call', run: 'e' },
  };
  const done = { outcome: 'reached', by: 'ann', at: AT + 1 };
  async function asked() {
    const tasks = taskStore(new MemoryTables().client, TABLES.catalog);
    await tasks.create(task);
    const open = await tasks.get('t');
    if (open === undefined) throw new Error('nothing is asked for');
    return { tasks, open };
  }

  it('that is done is not asked for again, nor closed', async () => {
    const { tasks, open } = await asked();
    expect(await tasks.complete(open, done)).toBe(true);
    await tasks.create(task);
    await tasks.close('t', { reason: 'timeout', at: AT + 2 });
    expect(await tasks.get('t')).toMatchObject({ status: 'done', outcome: 'reached', doneBy: 'ann' });
  });

  it('that is done between a closer’s read and its write stays done', async () => {
    const memory = new MemoryTables();
    const tasks = taskStore(memory.client, TABLES.catalog);
    await tasks.create(task);
    const open = await tasks.get('t');
    const send = async (command: { constructor: { name: string } }) => {
      if (command.constructor.name === 'UpdateCommand' && open) await tasks.complete(open, done);
      return memory.client.send(command as never);
    };
    // The adapters use nothing of a client but `send`.
    await taskStore({ send } as unknown as typeof memory.client, TABLES.catalog).close('t', {
      reason: 'timeout',
      at: AT + 2,
    });
    expect(await tasks.get('t')).toMatchObject({ status: 'done', outcome: 'reached' });
  });

  it('is done by one', async () => {
    const { tasks, open } = await asked();
    await tasks.complete(open, done);
    expect(await tasks.complete(open, { outcome: 'gone', by: 'bob', at: AT + 2 })).toBe(false);
    expect(await tasks.get('t')).toMatchObject({ outcome: 'reached', doneBy: 'ann' });
  });

  it('that is closed is done by nobody', async () => {
    const { tasks, open } = await asked();
    await tasks.close('t', { reason: 'timeout', at: AT + 1 });
    expect(await tasks.complete(open, done)).toBe(false);
    expect(await tasks.get('t')).toMatchObject({ status: 'closed', reason: 'timeout' });
  });
});

describe('a job', () => {
  const work: Job['work'] = { kind: 'archive', journey: 'x' };
  const job: Job = { id: 'j', work, status: 'running', at: AT, by: 'ann', shards: 1, done: 0 };
  async function begun() {
    const memory = new MemoryTables();
    const jobs = jobStore(memory.client, TABLES.catalog);
    await jobs.create(job);
    const item = () => memory.all(TABLES.catalog).find(({ sk }) => sk === 'JOB');
    return { jobs, item };
  }

  it('is begun once', async () => {
    const { jobs, item } = await begun();
    await jobs.end('j', 'done');
    const before = item();
    expect(await jobs.create(job)).toBe(false);
    expect(item()).toEqual(before);
  });

  it('that was cancelled is not done, and one that is done is not cancelled', async () => {
    for (const [first, second] of [
      ['cancelled', 'done'],
      ['done', 'cancelled'],
    ] as const) {
      const { jobs, item } = await begun();
      expect(await jobs.end('j', first)).toBe(true);
      expect(await jobs.end('j', second)).toBe(false);
      expect(item()?.status).toBe(first);
    }
  });

  it('counts a page of a shard once, whoever has worked it', async () => {
    const { jobs } = await begun();
    const [one, two] = [{ pk: 'one' }, { pk: 'two' }];
    expect(await jobs.advance('j', 0, undefined, one, { done: 100 })).toBe(true);
    expect(await jobs.advance('j', 0, undefined, one, { done: 100 })).toBe(false);
    expect(await jobs.advance('j', 0, one, two, { done: 100 })).toBe(true);
    expect(await jobs.advance('j', 0, one, two, { done: 100 })).toBe(false);
    expect(await jobs.advance('j', 0, two, undefined, { done: 50 })).toBe(true);
    expect(await jobs.advance('j', 0, two, undefined, { done: 50 })).toBe(false);
    expect(await jobs.advance('j', 0, undefined, one, { done: 100 })).toBe(false);
    expect((await jobs.state('j'))?.shards).toEqual([{ cursor: undefined, isFinished: true }]);
  });
});

it('a request that is answered as another takes it over is not made again', async () => {
  const { client } = new MemoryTables();
  const scope = ['ann', 'POST', '/', 'key'];
  const first = idempotency(client, TABLES.catalog);
  const begun = await first.begin(scope, 'body', AT);
  if (begun.kind !== 'begun') throw new Error('it is not begun');
  const send = async (command: { constructor: { name: string } }) => {
    if (command.constructor.name === 'UpdateCommand') await first.answer(scope, begun.claim, 'done');
    return client.send(command as never);
  };
  // The adapters use nothing of a client but `send`.
  const second = idempotency({ send } as unknown as typeof client, TABLES.catalog);
  expect(await second.begin(scope, 'body', AT + 60_000)).toEqual({ kind: 'running' });
  expect(await second.begin(scope, 'body', AT + 60_000)).toEqual({ kind: 'answered', answer: 'done' });
});

describe('what is decided once', () => {
  const KEY = { pk: 'RUN#e', sk: 'WEBHOOK#w#1' };
  const terms = (now: number) => ({ now, ttlSeconds: 60 });

  it('is decided by whoever has put the reservation or taken it over, though the answer was lost', async () => {
    for (const twiceAt of [1, 2, 3, 4]) {
      const { client } = new MemoryTables();
      const unlucky = () => reservations(new Invocation({ twiceAt }).client(client), TABLES.runs);
      const dead = unlucky().decideOnce(KEY, terms(0), () => Promise.reject(new Error('dead')));
      await expect(dead).rejects.toThrow('dead');
      const calls: boolean[] = [];
      const made = unlucky().decideOnce(KEY, terms(LEASE_MS), async (isSecond) => {
        calls.push(isSecond);
        return { value: 'made' };
      });
      expect(await made).toBe('made');
      expect(calls).toEqual([true]);
    }
  });

  it('of a coupon is no code that another has, though the counter gives its place once more', async () => {
    const { client } = new MemoryTables();
    const pool = couponStore(client, TABLES.catalog);
    await pool.addCodes('pool', ['A', 'B'], AT);
    expect(await pool.draw('pool', 'run-1', AT)).toMatchObject({ code: 'A' });
    let isFirst = true;
    const send = async (command: { input: { Key?: Item; ReturnValues?: string } }) => {
      const isCounter = command.input.Key?.sk === 'HEAD' && command.input.ReturnValues === 'ALL_NEW';
      if (!isCounter || !isFirst) return client.send(command as never);
      isFirst = false;
      return { Attributes: { next: 1, size: 2 } };
    };
    // The adapters use nothing of a client but `send`.
    const astray = couponStore({ send } as unknown as typeof client, TABLES.catalog);
    expect(await astray.draw('pool', 'run-2', AT)).toMatchObject({ code: 'B' });
  });

  it('of a coupon is the code that a dead executor had claimed', async () => {
    const { client } = new MemoryTables();
    const pool = couponStore(client, TABLES.catalog);
    await pool.addCodes('pool', ['A', 'B'], AT);
    const send = async (command: { input: { Key?: Item } }) => {
      const answer = await client.send(command as never);
      if (String(command.input.Key?.sk).startsWith('IDX#')) throw new Error('dead');
      return answer;
    };
    // The adapters use nothing of a client but `send`.
    const dying = couponStore({ send } as unknown as typeof client, TABLES.catalog);
    await expect(dying.draw('pool', 'run-1', AT)).rejects.toThrow('dead');
    expect(await pool.draw('pool', 'run-1', AT + LEASE_MS)).toEqual({ code: 'A', index: 0 });
    expect(await pool.draw('pool', 'run-2', AT + LEASE_MS)).toEqual({ code: 'B', index: 1 });
  });
});
