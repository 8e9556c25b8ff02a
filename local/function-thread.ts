import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { DirectPorts } from './direct/clients.ts';
import type { Answer, FunctionsWorkerData, Invocation, MetricsLine } from './functions-worker.ts';
import { COLLECT_GARBAGE } from './idle-gc.ts';

/** Error that a function threw, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly errorType: string;
  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

export type FunctionThread = ReturnType<typeof startThread>;

interface Surroundings {
  connect: () => DirectPorts;
  /** Gets each line from which CloudWatch takes metrics. */
  onMetrics: (line: string) => void;
}

/** If a thread dies, its running invocations fail, as with an instance, and the next invocation gets a new thread. */
export function startThread(workerData: Omit<FunctionsWorkerData, 'ports'>, { connect, onMetrics }: Surroundings) {
  const running = new Map<number, { name: string; done: (result: unknown) => void; failed: (error: Error) => void }>();
  let worker: Worker | undefined;
  let invocations = 0;
  let isSilent = false;

  function start(): Worker {
    const ports = connect();
    const started = new Worker(new URL('./functions-worker.ts', import.meta.url), {
      workerData: { ...workerData, ports } satisfies FunctionsWorkerData,
      transferList: Object.values(ports),
      // Most objects of a call are short-lived: a larger young generation needs fewer collections.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    });
    started.on('message', (answer: Answer | MetricsLine) => {
      if ('metrics' in answer) return onMetrics(answer.metrics);
      const asked = running.get(answer.id);
      running.delete(answer.id);
      if ('message' in answer) asked?.failed(new FunctionError(answer.errorType, answer.message));
      else asked?.done(answer.result === undefined ? undefined : JSON.parse(String(answer.result)));
    });
    started.on('error', (error) => console.error('a function broke its thread:', error));
    started.once('exit', () => {
      if (worker === started) worker = undefined;
      if (isSilent) return;
      for (const { failed } of running.values())
        failed(new FunctionError('Runtime.ExitError', 'the function has ended its thread'));
      running.clear();
    });
    return started;
  }

  worker = start();
  return {
    run(asked: Pick<Invocation, 'name' | 'event' | 'timeoutMs' | 'chain'>): Promise<unknown> {
      worker ??= start();
      const invocation: Invocation = { id: ++invocations, requestId: randomUUID(), ...asked };
      const port = worker;
      return new Promise((done, failed) => {
        running.set(invocation.id, { name: asked.name, done, failed });
        port.postMessage(invocation);
      });
    },
    /** Number of invocations of this function that it runs. */
    running: (name: string): number => [...running.values()].filter((one) => one.name === name).length,
    reset: () => worker?.postMessage('reset'),
    collectGarbage: () => worker?.postMessage(COLLECT_GARBAGE),
    async stop(silently = false): Promise<void> {
      isSilent = silently;
      await worker?.terminate();
    },
  };
}
