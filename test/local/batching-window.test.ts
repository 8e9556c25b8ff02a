import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Lambdas } from '../../local/lambdas.ts';
import { type Pollers, startPollers } from '../../local/pollers.ts';
import type { Queues } from '../../local/queues.ts';
import type { Template } from '../../local/template.ts';
import { startTime } from '../../local/time.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:cairn-metric-events';
const ENDED = (turns = 5) =>
  Array.from({ length: turns }).reduce<Promise<unknown>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  );

let pollers: Pollers | undefined;
afterEach(() => {
  pollers?.stop();
  vi.useRealTimers();
});

/** One queue with a batching window, whose function keeps the sizes of its batches. */
function start(windowSeconds: number, batchSize = 3) {
  let messages: string[] = [];
  const batches: number[] = [];
  const properties = {
    EventSourceArn: QUEUE,
    FunctionName: 'cairn-record-metrics',
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: windowSeconds,
  };
  const template = { of: () => [{ properties }] } as unknown as Template;
  const queues = {
    visible: () => messages.length,
    hasVisible: () => messages.length > 0,
    lying: () => messages,
    nextInstant: () => undefined,
    nameOf: () => 'cairn-metric-events',
    receive: (_arn: string, count: number) => {
      const taken = messages.slice(0, count);
      messages = messages.slice(count);
      return taken.map((messageId) => ({
        receipt: messageId,
        message: { messageId, body: '', messageAttributes: {} },
      }));
    },
    remove: () => true,
  } as unknown as Queues;
  const lambdas = {
    invokeInChain: async (_arn: string, { Records }: { Records: unknown[] }) => {
      batches.push(Records.length);
      return { result: { batchItemFailures: [] } };
    },
    active: () => [],
    done: () => batches.length,
  } as unknown as Lambdas;
  const polling = startPollers(template, queues, lambdas);
  pollers = polling;
  const put = (...ids: string[]) => {
    messages.push(...ids);
    polling.schedule();
  };
  return { polling, queues, lambdas, batches, put };
}

describe('a batching window', () => {
  it('lasts as long as the template says, and its messages are one batch', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { batches, put } = start(5);
    put('a');
    await ENDED();
    await vi.advanceTimersByTimeAsync(4_000);
    put('b');
    await ENDED();
    await vi.advanceTimersByTimeAsync(999);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toEqual([2]);
  });

  it('ends when the batch is full, and what is left waits in the next', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { batches, put } = start(5);
    put('a', 'b');
    await ENDED();
    put('c');
    await ENDED();
    expect(batches).toEqual([3]);
    put('d');
    await ENDED();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(batches).toEqual([3, 1]);
  });

  it('ends at once where nothing else is in flight: settling does not wait for it', async () => {
    const { polling, queues, lambdas, batches, put } = start(600);
    const engine = { isBusy: () => false, pump: () => undefined, transitions: () => 0, backlog: () => 0 };
    let inFlight = 1;
    const time = startTime({
      clock: { isVirtual: true, now: () => 0 },
      tables: { nextDue: async () => undefined },
      queues,
      engine,
      lambdas,
      pollers: polling,
      alarms: { evaluate: () => false, nextInstant: () => undefined },
      nightly: [],
      dispatchDue: '',
      httpInFlight: () => inFlight,
      onMove: () => undefined,
    } as unknown as Parameters<typeof startTime>[0]);
    put('a');
    const settling = time.settle();
    await ENDED(20);
    // A request is still in flight: what it publishes joins the batch.
    expect(batches).toEqual([]);
    put('b');
    inFlight = 0;
    await settling;
    expect(batches).toEqual([2]);
  });
});
