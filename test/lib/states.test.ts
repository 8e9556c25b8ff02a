import { readFileSync } from 'node:fs';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import type { SendState } from '../../core/messages/message.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import type { Committed } from '../../engine/runs/ports.ts';

/** The arrows of the diagram under a heading of `docs/protocols.md`. */
function drawn(heading: string): string[] {
  const text = readFileSync('docs/protocols.md', 'utf8');
  const section = text.slice(text.indexOf(`### ${heading}\n`));
  const diagram = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  return diagram.split('\n').flatMap((line) => line.trim() || []);
}

type Written = { condition: string; values: Record<string, unknown>; to: unknown };

/** A table that keeps what it is asked to write, and refuses where a row is to be made. */
function recorder({ hasRow = false } = {}) {
  const written: Written[] = [];
  const send = async (command: { input: PutCommandInput | UpdateCommandInput }) => {
    if (command instanceof PutCommand) {
      const { Item = {}, ConditionExpression = '' } = command.input;
      if (hasRow) throw new ConditionalCheckFailedException({ message: 'there', $metadata: {} });
      written.push({ condition: ConditionExpression, values: {}, to: Item.status ?? Item.state });
    }
    if (command instanceof UpdateCommand) {
      const { ConditionExpression = '', UpdateExpression = '', ExpressionAttributeValues: values = {} } = command.input;
      const to = /#(?:status|state) = (:\w+)/.exec(UpdateExpression)?.[1];
      written.push({ condition: ConditionExpression, values, to: to && values[to] });
    }
    return {};
  };
  return { written, client: { send } as unknown as DynamoDBDocumentClient };
}

/** The arrows that writes allow: from each status that the condition asks for to the one that is set. */
const arrows = (name: string, written: Written[], statuses: readonly string[]): string[] =>
  written.flatMap(({ condition, values, to }) => {
    if (to === undefined) return [];
    if (condition === 'attribute_not_exists(#pk)') return [`[*] --> ${String(to)}: ${name}`];
    const asked = [...condition.matchAll(/:\w+/g)].map(([token]) => values[token]);
    return statuses.filter((status) => asked.includes(status)).map((from) => `${from} --> ${String(to)}: ${name}`);
  });

const sorted = (list: string[]) => [...new Set(list)].sort();

describe('the states that docs/protocols.md draws are those that conditional writes allow:', () => {
  test('of a run', async () => {
    const statuses = Object.keys({ entering: 0, open: 0, parked: 0, closed: 0 } satisfies Record<Run['status'], 0>);
    const run = { entry: 'e', profile: 'p', journey: 'j', version: 1, key: '', at: 0, data: {} } satisfies NewRun;
    const from = { leg: 1, step: 1 };
    const claim = { way: { kind: 'waited' as const }, by: 'wait' };
    const plan = { n: 1, at: 0, actions: [], next: { kind: 'end' as const } };
    const committed: Committed = { plan, node: 'a', leftAt: 0, data: {}, visits: {} };
    const commits = [committed, { ...committed, park: { dueAt: 1 } }, { ...committed, end: { at: 1 } }];

    type Store = ReturnType<typeof runStore>;
    const writes: Record<string, (store: Store) => Promise<unknown>[]> = {
      create: (store) => [store.create(run, 0), store.create({ ...run, bornExited: {} }, 0)],
      beginLeg: (store) => commits.map((one) => store.beginLeg('e', from, one, 0)),
      commitPlan: (store) => commits.map((one) => store.commitPlan('e', from, one)),
      postpone: (store) => [store.postpone('e', from, 1)],
      park: (store) => [store.park('e', from, claim, 0, 1)],
      parkPlanned: (store) => [store.parkPlanned('e', from, 1)],
      parkLost: (store) => [store.parkLost('e', from, 1)],
      migrate: (store) =>
        (['open', 'parked'] as const).map((status) =>
          store.migrate('e', { ...from, status, version: 1 }, { version: 2, node: 'a' }, 1),
        ),
      close: (store) => [store.close('e', 'exited', 0)],
      claim: (store) => [store.claim('e', from, claim)],
      setToken: (store) => [store.setToken('e', from, 't', 0)],
      confirmStart: (store) => [store.confirmStart('e', from)],
      postponeDue: (store) => [store.postponeDue('e', 0, 1)],
    };
    const found: string[] = [];
    for (const [name, write] of Object.entries(writes)) {
      const { client, written } = recorder();
      await Promise.all(write(runStore(client, 'Runs')));
      expect(written.length, name).toBeGreaterThan(0);
      found.push(...arrows(name, written, statuses));
    }
    expect(sorted(drawn('States of a run'))).toEqual(sorted(found));
  });

  test('of a message', async () => {
    const states = Object.keys({
      sending: 0,
      released: 0,
      held: 0,
      deferred: 0,
      sent: 0,
      suppressed: 0,
      failed: 0,
      unknown: 0,
    } satisfies Record<SendState, 0>);
    const draft = { id: 'm', source: { kind: 'api', id: 'a' }, at: 0, request: {} } as unknown as Draft;

    type Store = ReturnType<typeof messageStore>;
    const writes: Record<string, (store: Store) => Promise<unknown>[]> = {
      take: (store) => [store.take(draft, 'o', 0, 1)],
      refuse: (store) => [store.refuse(draft, 'suppressed', 'r', 0), store.refuse(draft, 'failed', 'r', 0)],
      hold: (store) => [store.hold(draft, 'email', 0)],
      defer: (store) => [
        store.defer(draft, 'outside-window', { channel: 'email', at: 1 }, 0),
        store.defer(draft, 'outside-window', undefined, 0),
      ],
      sent: (store) => [store.sent('m', 'o', 0, 'email', 'p')],
      release: (store) => [store.release('m', 'o', 0, 'd')],
      unknown: (store) => [store.unknown('m', 'o', 0, 'd')],
      giveUp: (store) => [store.giveUp(draft, 'o', 'suppressed', 'r', 0), store.giveUp(draft, 'o', 'failed', 'r', 0)],
      reopen: (store) => [store.reopen('m', 'i', 0)],
      receive: (store) => [store.receive('m', 'delivered', { at: 0 })],
    };
    const found: string[] = [];
    for (const [name, write] of Object.entries(writes))
      for (const hasRow of [false, true]) {
        const { client, written } = recorder({ hasRow });
        await Promise.all(write(messageStore(client, 'Messages')));
        found.push(...arrows(name, written, states));
      }
    expect(sorted(drawn('States of a message'))).toEqual(sorted(found));
  });
});
