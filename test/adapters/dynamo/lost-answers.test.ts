import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { couponStore } from '../../../adapters/dynamo/coupons.ts';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import { idempotency } from '../../../adapters/dynamo/idempotency.ts';
import { jobStore } from '../../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../../adapters/dynamo/live-rules.ts';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import { walkOf } from '../../../adapters/dynamo/run-items.ts';
import { runStore } from '../../../adapters/dynamo/runs.ts';
import { taskStore } from '../../../adapters/dynamo/tasks.ts';
import { writeKeys } from '../../../adapters/dynamo/write-keys.ts';
import type { Head } from '../../../core/definitions/definition.ts';
import type { Plan } from '../../../core/runs/run.ts';
import type { Draft } from '../../../engine/messages/ports.ts';
import { Invocation } from '../../protocols/faults.ts';
import { MemoryTables } from '../../protocols/memory.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const DAY = 24 * 3600_000;
const TABLE = 'table';

const draft: Draft = {
  id: 'm',
  profile: 'p',
  channel: 'push',
  template: { id: 't', version: 1 },
  topic: undefined,
  source: { kind: 'api', id: 'ann' },
  at: NOW,
  request: {
    message: 'm',
    profile: 'p',
    template: { id: 't', version: 1 },
    source: { kind: 'api', id: 'ann' },
    at: NOW,
  },
  links: undefined,
};
const planned = (n: number, next: Plan['next'] = { kind: 'stop', node: 'rest', until: NOW }) => ({
  plan: { n, at: NOW, actions: [], next },
  node: 'rest',
  leftAt: NOW,
  data: {},
  visits: {},
});
const newRun = { entry: 'e', profile: 'p', journey: 'j', version: 1, key: '', at: NOW, data: {} };
const head = (rev: number): Head => ({ rev, latest: rev, hash: '', status: 'published', published: rev, authors: [] });
const job = {
  id: 'j',
  work: { kind: 'backfill' as const },
  shards: 1,
  status: 'running' as const,
  at: NOW,
  by: 'ann',
  done: 0,
};

/** Uses of the adapters: each makes one write after another and returns their answers. */
const USES: Record<string, (client: DynamoDBDocumentClient) => Promise<unknown>> = {
  'a message that is released, taken again and sent': async (client) => {
    const messages = messageStore(client, TABLE);
    return [
      await messages.take(draft, 'a', NOW, NOW + 1),
      await messages.release('m', 'a', NOW, 'once more'),
      await messages.take(draft, 'b', NOW, NOW + 1),
      await messages.sent('m', 'b', NOW, 'push', 'p'),
      await messages.receive('m', 'bounced', { at: NOW }),
      await messages.receive('m', 'bounced', { at: NOW }),
      await messages.take(draft, 'c', NOW, NOW + 1),
    ];
  },
  'a message that is held, given up, and refused': async (client) => {
    const messages = messageStore(client, TABLE);
    return [
      await messages.hold(draft, 'push', NOW),
      await messages.take(draft, 'a', NOW, NOW + 1),
      await messages.giveUp({ id: 'm' }, 'a', 'suppressed', 'exited', NOW),
      await messages.refuse({ ...draft, id: 'n' }, 'failed', 'render-failed', NOW),
      await messages.refuse({ ...draft, id: 'n' }, 'failed', 'render-failed', NOW),
    ];
  },
  'a message that nobody knows of, sent again': async (client) => {
    const messages = messageStore(client, TABLE);
    return [
      await messages.take(draft, 'a', NOW, NOW + 1),
      await messages.unknown('m', 'a', NOW, 'lost'),
      void (await messages.reopen('m', 'by-hand', NOW)),
      await messages.take(draft, 'b', NOW, NOW + 1),
      await messages.sent('m', 'a', NOW, 'push', 'p'),
      await messages.sent('m', 'b', NOW, 'push', 'p'),
    ];
  },
  'a run from its entry to its end': async (client) => {
    const runs = runStore(client, TABLE);
    return [
      await runs.create(newRun, NOW),
      await runs.create(newRun, NOW),
      await runs.beginLeg('e', { leg: 0, step: 0 }, planned(0), NOW),
      await runs.beginLeg('e', { leg: 0, step: 0 }, planned(0), NOW),
      await runs.commitPlan('e', { leg: 1, step: 1 }, planned(1)),
      await runs.close('e', 'archived', NOW),
      await runs.close('e', 'exited', NOW),
    ];
  },
  'a run that its plan ends': async (client) => {
    const runs = runStore(client, TABLE);
    return [
      await runs.create(newRun, NOW),
      await runs.beginLeg('e', { leg: 0, step: 0 }, planned(0), NOW),
      // Only who closed it counts its end.
      await runs.commitPlan('e', { leg: 1, step: 1 }, { ...planned(1), end: { outcome: 'done', at: NOW } }),
      await runs.commitPlan('e', { leg: 1, step: 1 }, { ...planned(1), end: { outcome: 'done', at: NOW } }),
    ];
  },
  'a job that goes on, page by page': async (client) => {
    const jobs = jobStore(client, TABLE);
    return [
      await jobs.create(job),
      await jobs.create(job),
      await jobs.advance('j', 0, undefined, { at: 1 }, { done: 100 }),
      await jobs.advance('j', 0, undefined, { at: 1 }, { done: 100 }),
      await jobs.advance('j', 0, { at: 1 }, undefined, { done: 50 }),
      await jobs.state('j'),
    ];
  },
  'a definition and its head': async (client) => {
    const definitions = definitionStore(client, TABLE);
    const version = { definition: { name: 'L' }, author: 'ann', at: NOW, warnings: [] };
    return [
      await definitions.putVersion('lists', 'l', 1, version),
      await definitions.putVersion('lists', 'l', 1, version),
      await definitions.commitHead('lists', 'l', undefined, head(1)),
      await definitions.commitHead('lists', 'l', 1, head(2)),
      await definitions.commitHead('lists', 'l', 1, head(2)),
      await definitions.head('lists', 'l'),
    ];
  },
  'live rules that change twice': async (client) => {
    const rules = liveRules(client, TABLE);
    for (const id of ['a', 'b'])
      await rules.change(NOW, async (live) => ({ ...live, pools: [...live.pools, { id, redeemedBy: [] }] }));
    return (await rules.read()).snapshot.pools;
  },
  'a request under its key': async (client) => {
    const keys = idempotency(client, TABLE);
    const scope = ['ann', 'POST', '/v1/x', 'key'];
    const sinceOf = async (at: number) => {
      const begun = await keys.begin<string>(scope, 'body', at);
      return begun.kind === 'begun' ? { ...begun, claim: { ...begun.claim, operation: '' } } : begun;
    };
    const first = await keys.begin<string>(scope, 'body', NOW);
    const seen = [first.kind, await sinceOf(NOW + 1)];
    if (first.kind === 'begun') await keys.release(scope, first.claim);
    const second = await keys.begin<string>(scope, 'body', NOW + 2);
    if (second.kind === 'begun') await keys.answer(scope, second.claim, 'done');
    // The try before broke off, and is not repeated.
    if (first.kind === 'begun') await keys.forget(scope, first.claim);
    return [...seen, await sinceOf(NOW + 3), await sinceOf(NOW + DAY)];
  },
  'codes that are added': async (client) => {
    const coupons = couponStore(client, TABLE);
    return [
      await coupons.addCodes('pool', ['A', 'B', 'B', 'C'], NOW, 'first'),
      await coupons.addCodes('pool', ['C', 'D'], NOW, 'second'),
      // The first request is repeated: its own codes are no duplicates.
      await coupons.addCodes('pool', ['A', 'B', 'B', 'C'], NOW, 'first'),
      await coupons.counts('pool', NOW),
    ];
  },
  'a fact that is counted once': async (client) => {
    const metrics = metricsStore(client, TABLE);
    return [await metrics.first('mark', NOW), await metrics.first('mark', NOW)];
  },
  'messages that are counted once': async (client) => {
    const metrics = metricsStore(client, TABLE);
    return [
      [...(await metrics.firstOf('series', [1, 2], NOW))],
      [...(await metrics.firstOf('series', [2, 3], NOW))],
      [...(await metrics.firstOf('series', [1, 3], NOW))],
    ];
  },
  'a task that is done': async (client) => {
    const tasks = taskStore(client, TABLE);
    const source = { kind: 'journey' as const, id: 'j', version: 1, node: 'n', run: 'e' };
    await tasks.create({ id: 't', queue: 'q', title: 'Call', profile: 'p', source, at: NOW });
    const task = await tasks.get('t');
    if (task) await tasks.complete(task, { outcome: 'won', by: 'ann', at: NOW });
    return tasks.get('t');
  },
  'a write key that is made again under its id': async (client) => {
    const keys = writeKeys(client, { table: TABLE, maxAgeMs: 0, clock: () => NOW });
    const entry = { id: 'k', kind: 'server' as const, name: 'Shop', at: NOW, by: 'ann' };
    await keys.add('one', entry);
    await keys.add('two', entry);
    return [await keys.find('one'), await keys.find('two'), await keys.remove('k'), await keys.find('two')];
  },
};

/** Attributes that name a call and so differ in every call. */
const CALL_NAMES = new Set(['op', 'closeOp', 'deliveredOp', 'openedOp', 'bouncedOp', 'nonce', 'previous']);
const contents = (tables: MemoryTables) =>
  tables
    .all(TABLE)
    .filter(({ pk }) => pk !== 'snapshot')
    .map((item) =>
      Object.fromEntries(
        Object.entries(item)
          .filter(([name]) => !CALL_NAMES.has(name))
          // A mark of a series has its call's name as its value.
          .map(([name, value]) => (/^m\d+$/.test(name) ? [name, 'call'] : [name, value]))
          // The names of a run's commits are in its walk.
          .map(([name, value]) => [name, name === 'walk' ? { ...walkOf({ walk: value }), commits: [] } : value]),
      ),
    );

function useOf(title: string) {
  const use = USES[title];
  if (use === undefined) throw new Error(`there is no ${title}`);
  return use;
}

describe('a write whose answer is lost, so that the SDK makes it again', () => {
  test.each(Object.keys(USES))('changes neither what is answered nor what is written: %s', async (title) => {
    const use = useOf(title);
    const clean = new MemoryTables();
    const answers = await use(clean.client);
    for (let at = 1; ; at += 1) {
      const tables = new MemoryTables();
      let calls = 0;
      const invocation = new Invocation({
        fault: () => {
          calls += 1;
          return calls === at ? 'unanswered' : undefined;
        },
      });
      expect(await use(invocation.client(tables.client)), `call ${at}`).toEqual(answers);
      expect(contents(tables), `call ${at}`).toEqual(contents(clean));
      if (calls < at) break;
    }
  });

  test('who has taken a message, and is late, does not record it for whoever has taken it since', async () => {
    const answers = await useOf('a message that nobody knows of, sent again')(new MemoryTables().client);
    expect(answers).toEqual([{}, { to: { as: 'unknown' } }, undefined, {}, false, true]);
  });

  describe.each([
    ['of another kind', 'opened', undefined],
    ['of the same kind by a machine', 'delivered', true],
  ] as const)('of a receipt, before which another comes: %s', (_, receipt, machine) => {
    const later = { at: NOW + 1, ...(machine === undefined ? {} : { machine }) };
    /** The first receipt's write is carried out; before the SDK repeats it, `between` comes. */
    async function between(come: (messages: ReturnType<typeof messageStore>) => Promise<void>) {
      const tables = new MemoryTables();
      const messages = messageStore(tables.client, TABLE);
      await messages.take(draft, 'a', NOW, NOW + 1);
      await messages.unknown('m', 'a', NOW, 'silence');
      let hasCome = false;
      const send = async (command: { constructor: { name: string } }) => {
        const answer = await tables.client.send(command as never);
        if (command.constructor.name !== 'UpdateCommand' || hasCome) return answer;
        hasCome = true;
        await come(messages);
        return tables.client.send(command as never);
      };
      const first = await messageStore({ send } as never, TABLE).receive('m', 'delivered', { at: NOW });
      return { first, messages, row: await messages.get('m') };
    }

    test('each counts, and one of them settles', async () => {
      const moves: unknown[] = [];
      const { first, messages } = await between(async (by) => {
        moves.push(await by.receive('m', receipt, later));
      });
      const found = (...before: string[]) => before.map((status) => expect.objectContaining({ status }));
      expect([first, ...moves]).toEqual([
        { move: { from: { as: 'unknown' }, to: { as: 'sent' } }, before: found('sending', 'unknown') },
        { move: {}, before: found('sending', 'unknown', 'delivered') },
      ]);
      // The reports come again, the first one after the second.
      expect(await messages.receive('m', 'delivered', { at: NOW })).toBe(false);
      expect(await messages.receive('m', receipt, later)).toBe(false);
      expect((await messages.get('m'))?.history.map(({ status }) => status)).toEqual([
        'sending',
        'unknown',
        'delivered',
        receipt,
      ]);
    });
  });

  test('of a receipt, before which a person sends the message again, is not made a second time', async () => {
    const tables = new MemoryTables();
    const messages = messageStore(tables.client, TABLE);
    await messages.take(draft, 'a', NOW, NOW + 1);
    await messages.sent('m', 'a', NOW, 'push', 'p');
    await messages.receive('m', 'delivered', { at: NOW });
    await messages.receive('m', 'bounced', { at: NOW });
    let isLost = true;
    const send = async (command: { constructor: { name: string } }) => {
      const answer = await tables.client.send(command as never);
      if (command.constructor.name !== 'UpdateCommand' || !isLost) return answer;
      isLost = false;
      await messages.reopen('m', 'by hand', NOW);
      return tables.client.send(command as never);
    };
    const late = messageStore({ send } as never, TABLE);
    expect(await late.receive('m', 'complained', { at: NOW })).toMatchObject({ move: {} });
    expect((await messages.get('m'))?.history.filter(({ status }) => status === 'complained')).toHaveLength(1);
  });

  test('of a resume, after which a guardrail pauses anew, does not lift that pause', async () => {
    const tables = new MemoryTables();
    const rules = liveRules(tables.client, TABLE);
    const sms = { channel: 'sms' } as const;
    await rules.setPause(sms, { since: NOW });
    let isLost = true;
    const send = async (command: { constructor: { name: string }; input: { UpdateExpression?: string } }) => {
      const answer = await tables.client.send(command as never);
      if (!isLost || !command.input.UpdateExpression?.includes('REMOVE')) return answer;
      isLost = false;
      expect(await rules.pauseOnce(sms, { since: NOW + 1, alert: 'guardrail' }, 1)).toBe(true);
      return tables.client.send(command as never);
    };
    await liveRules({ send } as never, TABLE).setPause(sms, undefined, NOW);
    const { pointer } = await catalogStore(tables.client, {
      table: TABLE,
      pointerMaxAgeMs: 0,
      clock: () => NOW,
    }).snapshot();
    expect(pointer.channels.sms).toMatchObject({ alert: 'guardrail' });
    expect(pointer.generations).toEqual({ 'channel:sms': 1 });
  });

  test('a key that is used again after its 24 hours is another request', async () => {
    const [, running, answered, anew] = (await useOf('a request under its key')(new MemoryTables().client)) as object[];
    expect([running, answered]).toEqual([{ kind: 'running' }, { kind: 'answered', answer: 'done' }]);
    expect(anew).toEqual({ kind: 'begun', claim: { operation: '', since: NOW + DAY, isRepeat: false } });
  });
});
