import { setTimeout as delay } from 'node:timers/promises';
import type { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { queue } from '../../../adapters/sqs/queue.ts';
import type { Run } from '../../../core/runs/run.ts';
import { type DispatchDueDeps, dispatchDue } from '../../../engine/schedule/dispatch-due.ts';
import type { Wake } from '../../../engine/schedule/ports.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
/** As long as a call to AWS takes. */
const CALL_MS = 10;

/** A queue whose calls each take this long, with its messages and the total time of its calls. */
function slowQueue() {
  const bodies: unknown[] = [];
  const spent = { ms: 0 };
  const client = {
    async send({ input }: SendMessageBatchCommand) {
      const began = performance.now();
      await delay(CALL_MS);
      spent.ms += performance.now() - began;
      for (const { MessageBody = '', DelaySeconds } of input.Entries ?? [])
        bodies.push({ ...(JSON.parse(MessageBody) as object), delaySeconds: DelaySeconds });
      return {};
    },
  };
  // The adapter uses nothing of a client but `send`.
  return { ...queue(client as unknown as SQSClient, 'https://queue'), bodies, spent };
}

function deps(more: Partial<DispatchDueDeps> = {}) {
  const [due, enrolments, opening] = [slowQueue(), slowQueue(), slowQueue()];
  const nobody = { dueBefore: async () => ({ due: [], next: undefined }) };
  const noRun = {
    dueBefore: async () => ({ entries: [], next: undefined }),
    get: async () => undefined,
    postponeDue: async () => true,
  };
  const noWake = { dueBefore: async () => ({ wakes: [] }), dispatched: async () => {} };
  const all = {
    profiles: nobody,
    runs: noRun,
    wakes: noWake,
    due,
    enrolments,
    wakeQueues: { opening, campaign: opening, 'report-mail': opening },
    clock: () => NOW,
    random: () => 0,
    ...more,
  };
  return { all, due, enrolments, opening };
}

test('ten thousand profiles that fall due at once are handed on by many calls at a time', async () => {
  const { all, due } = deps({
    profiles: {
      async dueBefore(shard, _before, { cursor }) {
        await delay(CALL_MS);
        const page = Number(cursor?.page ?? 0);
        const items = Array.from({ length: 80 }, (_, index) => ({ key: `${shard}-${page}-${index}`, at: NOW }));
        return { due: items, next: page === 0 ? { page: 1 } : undefined };
      },
    },
  });
  const began = performance.now();
  await dispatchDue(all);
  expect(new Set(due.bodies.map((body) => JSON.stringify(body))).size).toBe(64 * 160);
  // One call after the other: 1.
  expect(due.spent.ms / (performance.now() - began)).toBeGreaterThan(4);
});

test('begins with another shard each time, and comes to all of them', async () => {
  const asked: string[] = [];
  const { all } = deps({
    random: () => 0.5,
    profiles: {
      async dueBefore(shard) {
        asked.push(shard);
        return { due: [], next: undefined };
      },
    },
  });
  await dispatchDue(all);
  expect(asked[0]).toBe('32');
  expect(new Set(asked).size).toBe(64);
});

test('a run goes on with its next leg, one whose enrolment was lost begins, and one that was begun is started; all are looked at later', async () => {
  const runs: Record<string, Partial<Run>> = {
    resting: { status: 'parked', leg: 2, dueAt: NOW + 30_000 },
    parked: { status: 'parked', leg: 2, dueAt: NOW - 1 },
    entering: { status: 'entering', leg: 0, dueAt: NOW - 1 },
    unstarted: { status: 'open', leg: 3, dueAt: NOW - 1 },
    started: { status: 'open', leg: 3 },
    closed: { status: 'closed', leg: 1 },
  };
  const postponed: unknown[] = [];
  const { all, enrolments } = deps({
    runs: {
      dueBefore: async (shard) => ({
        entries: shard === '00' ? [...Object.keys(runs), 'unknown'] : [],
        next: undefined,
      }),
      get: async (entry) => (runs[entry] === undefined ? undefined : ({ entry, ...runs[entry] } as Run)),
      async postponeDue(...asked) {
        postponed.push(asked);
        return true;
      },
    },
  });
  await dispatchDue(all);
  expect(enrolments.bodies).toEqual([
    { entry: 'resting', leg: 3, delaySeconds: 30 },
    { entry: 'parked', leg: 3, delaySeconds: 0 },
    { entry: 'entering', leg: 1, delaySeconds: 0 },
    { entry: 'unstarted', leg: 3, delaySeconds: 0 },
  ]);
  expect(postponed).toEqual(['parked', 'entering', 'unstarted'].map((entry) => [entry, NOW - 1, NOW + 600_000]));
});

test('a wake is handed on once, to come at its instant, and again if nobody has reported it done by then', async () => {
  const dispatched: unknown[] = [];
  const wakeAt = (at: number): Wake => ({ kind: 'opening', id: String(at), at, body: { at } });
  const { all, opening } = deps({
    wakes: {
      dueBefore: async (before) => {
        expect(before).toBe(NOW + 150_000);
        return { wakes: [wakeAt(NOW + 90_000), wakeAt(NOW - 60_000)] };
      },
      dispatched: async ({ at }, again) => void dispatched.push([at, again]),
    },
  });
  await dispatchDue(all);
  expect(opening.bodies).toEqual([
    { at: NOW + 90_000, delaySeconds: 90 },
    { at: NOW - 60_000, delaySeconds: 0 },
  ]);
  expect(dispatched).toEqual([
    [NOW + 90_000, NOW + 690_000],
    [NOW - 60_000, NOW + 600_000],
  ]);
});
