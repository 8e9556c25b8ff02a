import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { profileStore } from '../adapters/dynamo/profiles.ts';
import { runStore } from '../adapters/dynamo/runs.ts';
import { wakeStore } from '../adapters/dynamo/wakes.ts';
import { profileKeyOfUser } from '../core/ids.ts';
import { dispatchDue } from '../engine/schedule/dispatch-due.ts';
import { meteredTables } from './stores.ts';

export interface TickCost {
  held: number;
  due: number;
  readUnits: number;
  queued: number;
  ms: number;
}

const START = Date.parse('2026-11-02T01:00:00Z');
const DUE = 1_000;
const CONCURRENCY = 8;

/** Measures the cost of `dispatch-due` when this many profiles each have a next instant of their own, and the same 1,000 of them are due. */
export async function costOfDispatch(held: number): Promise<TickCost> {
  const { meter, tables, stop } = await meteredTables();
  const name = tables.named('profiles');
  const itemOf = (index: number) => {
    const pk = profileKeyOfUser(`due-${index}`);
    // As `#ACTIVITY` has it: one of 64 shards, due now or on some later day.
    const dueAt = index < DUE ? START : START + 86_400_000 * (1 + (index % 300));
    return { pk, sk: '#ACTIVITY', dueShard: String(index % 64).padStart(2, '0'), dueAt, version: 1, body: 'x' };
  };
  const batches = Array.from({ length: Math.ceil(held / 25) }, (_, batch) => batch * 25);
  const worker = async () => {
    for (let from = batches.pop(); from !== undefined; from = batches.pop()) {
      const items = Array.from({ length: Math.min(25, held - from) }, (_, offset) => itemOf((from ?? 0) + offset));
      const requests = items.map((Item) => ({ PutRequest: { Item } }));
      await tables.client.send(new BatchWriteCommand({ RequestItems: { [name]: requests } }));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));

  let queued = 0;
  const queue = {
    async send(messages: unknown[]) {
      queued += messages.length;
    },
  };
  const deps = {
    profiles: profileStore(tables.client, name),
    runs: runStore(tables.client, tables.named('runs')),
    wakes: wakeStore(tables.client, tables.named('catalog')),
    due: queue,
    enrolments: queue,
    wakeQueues: { opening: queue, campaign: queue, 'report-mail': queue },
    clock: () => START,
    random: () => 0,
  };
  // The first one opens connections.
  await dispatchDue(deps);
  meter.reset();
  queued = 0;
  const began = performance.now();
  await dispatchDue(deps);
  const ms = performance.now() - began;
  stop();
  return { held, due: DUE, readUnits: meter.counts.reads, queued, ms };
}
