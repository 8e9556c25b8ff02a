import { emptySnapshot } from '../core/catalog/build-snapshot.ts';
import { SettingsSchema } from '../core/definitions/settings.ts';
import type { Priority, SendRequest } from '../core/messages/send-request.ts';
import type { SenderDeps } from '../engine/messages/deps.ts';
import type { Envelope, RateStore } from '../engine/messages/ports.ts';
import { rates } from '../engine/messages/rates.ts';
import { withinRate } from '../engine/messages/within-rate.ts';

export interface RateUse {
  /** Seconds from the code's request until it was handed over. */
  codeSeconds: number;
  /** Until the last message was handed over. */
  seconds: number;
  /** Most that were handed over in any one second. */
  most: number;
  writeUnitsEach: number;
  /** Times that a message waited, on average. */
  waitsEach: number;
}

const START = Date.parse('2026-11-02T01:00:00Z');
/** As Lambda's event sources are configured: of `bulk` 10 batches at a time. */
const WORKERS: Record<Priority, number> = { now: 5, bulk: 10 };
const BATCH = 10;
/** Time that a sender takes for a message, a store for a call, and a queue until it hands a message on. */
const [WORK_MS, CALL_MS, QUEUE_MS] = [60, 5, 20];
const CODE_AFTER_MS = 20_000;

/**
 * Puts so many bulk messages on a queue at once and one code on the other 20 s later, and lets senders work them off at a rate, on a virtual clock: with
 * queues that deliver, delay and batch as SQS does, and a store that takes its time.
 */
export async function useOfRate(messages: number, perSecond: number): Promise<RateUse> {
  const time = virtualTime(START);
  const random = seededRandom();
  const counts = { writes: 0, waits: 0 };
  const store = countingStore(time, counts);
  const queues: Record<Priority, SendRequest[]> = { now: [], bulk: [] };
  const put = (request: SendRequest, delayMs = 0): void =>
    time.after(delayMs + QUEUE_MS, () => queues[request.priority ?? 'now'].push(request));
  const handed: { at: number; message: string }[] = [];
  const settings = SettingsSchema.parse({ rates: { sms: perSecond } });
  const live = { snapshot: { ...emptySnapshot(), settings }, pointer: { version: 1, channels: {}, journeys: {} } };

  const instance = () =>
    ({
      provider: {
        name: 'aws-sms',
        channel: 'sms',
        send: async ({ message }: Envelope) => {
          handed.push({ at: time.now(), message });
          return { kind: 'sent', providerId: message };
        },
      },
      rates: rates(store, time.now, random),
      catalog: { snapshot: async () => live },
      senders: {
        sms: {
          send: async (sent: { body: unknown; delaySeconds?: number }[]) => {
            counts.waits += sent.length;
            for (const { body, delaySeconds = 0 } of sent) put(body as SendRequest, delaySeconds * 1_000);
          },
        },
      },
      clock: time.now,
    }) as unknown as SenderDeps; // what `withinRate` uses
  const work = async ({ provider }: SenderDeps, { message }: SendRequest) => {
    await time.sleep(WORK_MS * (0.5 + random()));
    await provider.send({ message } as Envelope);
  };
  const isDone = () => handed.length > messages;
  const worker = async (priority: Priority) => {
    const deps = instance();
    const queue = queues[priority];
    while (!isDone()) {
      const due = queue.splice(0, BATCH);
      await Promise.all(due.map((request) => withinRate(deps, request, work)));
      if (due.length === 0) await time.sleep(QUEUE_MS * (0.5 + random()));
    }
  };

  for (let index = 0; index < messages; index += 1) put(requestOf(`bulk-${index}`, 'bulk'));
  const workers = (['now', 'bulk'] as const).flatMap((priority) =>
    Array.from({ length: WORKERS[priority] }, () => worker(priority)),
  );
  const code = time.sleep(CODE_AFTER_MS).then(() => put(requestOf('code')));
  await time.run(Promise.all([...workers, code]));

  const at = handed.map((one) => one.at).sort((a, b) => a - b);
  return {
    codeSeconds: ((handed.find(({ message }) => message === 'code')?.at ?? Number.NaN) - START - CODE_AFTER_MS) / 1_000,
    seconds: ((at.at(-1) ?? START) - START) / 1_000,
    most: mostWithin(at, 1_000),
    writeUnitsEach: counts.writes / (messages + 1),
    waitsEach: counts.waits / (messages + 1),
  };
}

const requestOf = (message: string, priority?: Priority): SendRequest => ({
  ...{ message, profile: 'p', template: { id: 't', version: 1 }, at: START, source: { kind: 'api', id: message } },
  ...(priority === undefined ? {} : { priority }),
});

function mostWithin(at: readonly number[], ms: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < at.length; to += 1) {
    while ((at[to] ?? 0) - (at[from] ?? 0) >= ms) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** As `adapters/dynamo/rates.ts`, with a write unit for each update, also for one that is refused. */
function countingStore(time: VirtualTime, counts: { writes: number }): RateStore {
  const marks: Record<string, number> = {};
  const update = async (mark: string, to: (at: number | undefined) => number | undefined): Promise<boolean> => {
    await time.sleep(CALL_MS);
    counts.writes += 1;
    const moved = to(marks[mark]);
    if (moved !== undefined) marks[mark] = moved;
    return moved !== undefined;
  };
  return {
    given: async () => {
      await time.sleep(CALL_MS);
      return marks.given === undefined ? undefined : { at: marks.given, fullAt: marks.fullAt ?? 0 };
    },
    give: (_provider, by, { isFull, now, limit }) =>
      update('given', (at = 0) => {
        if (isFull && at > now) return undefined;
        if (isFull) marks.fullAt = now;
        if (isFull) return now + by;
        return at > now && at <= limit ? at + by : undefined;
      }),
    lengthen: async (_provider, priority, by, now) => {
      if (await update(priority, (at = 0) => (at > now ? at + by : undefined))) return marks[priority] ?? 0;
      await update(priority, () => Math.max(marks[priority] ?? 0, now) + by);
      return marks[priority] ?? 0;
    },
  };
}

/** Numbers in [0, 1), the same each time. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type VirtualTime = ReturnType<typeof virtualTime>;
/** A clock that goes on to the next timer once nothing else is left to do. */
function virtualTime(start: number) {
  let now = start;
  const timers = new Map<number, (() => void)[]>();
  /** The latest first. */
  const instants: number[] = [];
  const add = (at: number): (() => void)[] => {
    const waiting: (() => void)[] = [];
    timers.set(at, waiting);
    let [from, to] = [0, instants.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((instants[middle] ?? 0) > at) from = middle + 1;
      else to = middle;
    }
    instants.splice(from, 0, at);
    return waiting;
  };
  const after = (ms: number, wake: () => void): void => {
    const at = now + Math.max(1, Math.round(ms));
    (timers.get(at) ?? add(at)).push(wake);
  };
  return {
    now: () => now,
    after,
    sleep: (ms: number) => new Promise<void>((resolve) => after(ms, resolve)),
    async run(all: Promise<unknown>): Promise<void> {
      let isRunning = true;
      const end = all.finally(() => {
        isRunning = false;
      });
      while (isRunning) {
        await new Promise(setImmediate);
        const next = instants.pop();
        if (next === undefined) continue;
        now = next;
        const due = timers.get(now) ?? [];
        timers.delete(now);
        for (const wake of due) wake();
      }
      await end;
    },
  };
}
