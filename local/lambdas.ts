import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Chain, extended, MAX_INVOCATIONS } from './chains.ts';
import type { LocalClock } from './clock.ts';
import type { Answer, FunctionsWorkerData, Invocation, Variables } from './functions-worker.ts';
import { COLLECT_GARBAGE } from './idle-gc.ts';
import { permissionsOf } from './permissions.ts';
import type { Json, Template } from './template.ts';

/** What a function threw, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly errorType: string;
  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

export type Lambdas = ReturnType<typeof startLambdas>;

interface Options {
  template: Template;
  clock: Pick<LocalClock, 'shared'>;
  /** What Lambda itself would set, and the addresses of the stand-ins. */
  shared: Variables;
  /** In the place of what the templates say. */
  own?: Variables;
  queueUrl: (name: string) => string;
  pointerMaxAgeMs: number;
  onDone: () => void;
}

/** What leads up to a run and what the API answers, and the rest: two threads share the load about evenly. */
const GROUPS = [/-(ingest|process-events|process-due-profiles|dispatch-due|[a-z]+-api|run-simulation)$/, /./];

/** Hosts the bundles of the templates' functions in threads of their own. */
export function startLambdas({ template, clock, shared, own, queueUrl, pointerMaxAgeMs, onDone }: Options) {
  const functions = new Map(
    template.of('AWS::Lambda::Function').map(({ properties }) => [String(properties.FunctionName), properties]),
  );
  const environments = Object.fromEntries(
    [...functions].map(([name, properties]) => [name, environmentOf(name, properties)]),
  );
  const workerData = { environments, permissions: permissionsOf(template), clock: clock.shared };
  let threads = GROUPS.map(() => startThread(workerData));
  const active = new Map<string, number>();
  let done = 0;
  let isStopped = false;
  const counts = new Map<string, { invocations: number; ms: number }>();

  function environmentOf(name: string, properties: Json): Variables {
    const { Variables: variables = {} } = (properties.Environment ?? {}) as { Variables?: Variables };
    const wired = Object.entries(variables).map(([key, value]) => [
      key,
      value.startsWith('queue:') ? queueUrl(value.slice('queue:'.length)) : value,
    ]);
    return {
      ...shared,
      AWS_LAMBDA_FUNCTION_NAME: name,
      ...Object.fromEntries(wired),
      ...own,
      POINTER_MAX_AGE_MS: String(pointerMaxAgeMs),
    };
  }

  async function invoke(name: string, event: unknown, chain: Chain = {}): Promise<unknown> {
    if (isStopped) return never;
    const properties = functions.get(name);
    if (properties === undefined) throw new Error(`the stacks have no function ${name}`);
    const timeoutMs = Number(properties.Timeout ?? 3) * 1000;
    const thread = threads[GROUPS.findIndex((group) => group.test(name))];
    if (thread === undefined) throw new Error(`no thread runs ${name}`);
    active.set(name, (active.get(name) ?? 0) + 1);
    const started = performance.now();
    try {
      return await inTime(name, timeoutMs, thread.run({ name, event, timeoutMs, chain }));
    } finally {
      const count = counts.get(name) ?? { invocations: 0, ms: 0 };
      counts.set(name, { invocations: count.invocations + 1, ms: count.ms + performance.now() - started });
      active.set(name, (active.get(name) ?? 1) - 1);
      done += 1;
      onDone();
    }
  }

  return {
    invoke,
    /** `arn:…:function:<name>` or a name. */
    invokeArn: (arn: string, event: unknown) => invoke(nameOf(arn), event),
    /** For a message of a queue. Undefined: Lambda would stop the chain here, for the function was invoked too often in it. */
    async invokeInChain(arn: string, event: unknown, chain: Chain): Promise<{ result: unknown } | undefined> {
      const name = nameOf(arn);
      const mayRecur = functions.get(name)?.RecursiveLoop === 'Allow';
      if (!mayRecur && (chain[name] ?? 0) >= MAX_INVOCATIONS) return undefined;
      return { result: await invoke(name, event, extended(chain, name)) };
    },
    active: () => [...active].filter(([, count]) => count > 0).map(([name]) => name),
    /** Invocations that have ended since the start, whatever was reset. */
    done: () => done,
    counts: () => Object.fromEntries(counts),
    resetCounts: () => counts.clear(),
    /** Nothing that functions kept in memory is left; those that still run are ended with their threads. */
    async reset(): Promise<void> {
      counts.clear();
      const isIdle = [...active.values()].every((count) => count === 0);
      if (isIdle) {
        for (const thread of threads) thread.reset();
        return;
      }
      const old = threads;
      threads = GROUPS.map(() => startThread(workerData));
      await Promise.all(old.map((thread) => thread.stop()));
    },
    giveBack(): void {
      for (const thread of threads) thread.giveBack();
    },
    /** What still runs comes to no end, good or bad; nor does what is invoked from now on. */
    async stop(): Promise<void> {
      isStopped = true;
      await Promise.all(threads.map((thread) => thread.stop(true)));
    },
  };
}

const never = new Promise<never>(() => undefined);
const nameOf = (arn: string): string => arn.split(':').at(-1) ?? arn;

/** One that dies fails what it was running, as an instance does, and the next invocation gets a new one. */
function startThread(workerData: FunctionsWorkerData) {
  const running = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>();
  let worker: Worker | undefined;
  let invocations = 0;
  let isSilent = false;

  function start(): Worker {
    const started = new Worker(new URL('./functions-worker.ts', import.meta.url), {
      workerData,
      // A call's many small objects die young: fewer, larger collections.
      resourceLimits: { maxYoungGenerationSizeMb: 32 },
    });
    started.on('message', (answer: Answer) => {
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
        running.set(invocation.id, { done, failed });
        port.postMessage(invocation);
      });
    },
    reset: () => worker?.postMessage('reset'),
    giveBack: () => worker?.postMessage(COLLECT_GARBAGE),
    async stop(silently = false): Promise<void> {
      isSilent = silently;
      await worker?.terminate();
    },
  };
}

/** A function that takes longer than its timeout has failed, though its promise may still end. */
async function inTime<Value>(name: string, ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new FunctionError('Sandbox.Timedout', `${name} timed out after ${ms / 1000} seconds`)),
      ms,
    ).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
