import { type Chain, extended, MAX_INVOCATIONS } from './chains.ts';
import type { LocalClock } from './clock.ts';
import type { DirectPorts } from './direct/clients.ts';
import { FunctionError, type FunctionThread, startThread } from './function-thread.ts';
import type { FunctionsWorkerData, Variables } from './functions-worker.ts';
import { permissionsOf } from './permissions/role-permissions.ts';
import type { Json, Template } from './template.ts';

interface Options {
  template: Template;
  /** Gets each line from which CloudWatch takes metrics. */
  onMetrics: (line: string) => void;
  clock: Pick<LocalClock, 'shared'>;
  /** Variables that Lambda itself would set, and the addresses of the emulators. */
  shared: Variables;
  /** Variables that replace those of the templates. */
  own?: Variables;
  queueUrl: (name: string) => string;
  pointerMaxAgeMs: number;
  /** Counts what is written to the rules' pointer and to write keys; absent: copies of them have an age. */
  catalogChanges?: SharedArrayBuffer | undefined;
  /** Ports by which a new thread's functions ask services; of one without, they call its endpoint. */
  connect: () => DirectPorts;
  /** For the bench: runs one function by itself, instead of in a thread with others. */
  startFunction?: StartFunction | undefined;
  onDone: () => void;
}

export type StartFunction = (name: string, data: Omit<FunctionsWorkerData, 'ports'>) => FunctionThread;

/** Functions of each thread: those that lead to a run and those of the API, and all others. Each thread gets about half of the load. */
const GROUPS: readonly RegExp[] = [
  /-(ingest|process-events|process-due-profiles|dispatch-due|[a-z]+-api|plan-campaign|run-simulation)$/,
  /./,
];
/** Where most events start nothing, this function is nearly all of the load: under it, it runs in every thread, as in several instances. */
const SPREAD = /-process-events$/;
/** Invocations of such a function that its own thread runs before others do. */
const MAX_IN_OWN_THREAD = 3;

export const startLambdas = (options: Options): Lambdas => new Lambdas(options);

/** Runs the bundles of the templates' functions in threads of their own. */
export class Lambdas {
  private readonly functions: Map<string, Json>;
  private readonly groups: readonly Group[];
  /** Whether a thread runs several functions, any of which it can run. */
  private readonly isShared: boolean;
  private readonly onDone: () => void;
  private threads: FunctionThread[];
  private readonly running = new Map<string, number>();
  private readonly invoked = new Map<string, { invocations: number; ms: number }>();
  private ended = 0;
  private isStopped = false;

  constructor(options: Options) {
    const { template, clock, catalogChanges } = options;
    this.onDone = options.onDone;
    this.functions = new Map(
      template.of('AWS::Lambda::Function').map(({ properties }) => [String(properties.FunctionName), properties]),
    );
    const environments = Object.fromEntries(
      [...this.functions].map(([name, properties]) => [name, environmentOf(name, properties, options)]),
    );
    const shared = { environments, permissions: permissionsOf(template), clock: clock.shared, catalogChanges };
    this.groups = groupsOf(options, shared);
    this.isShared = options.startFunction === undefined;
    this.threads = this.startThreads();
  }

  async invoke(name: string, event: unknown, chain: Chain = {}): Promise<unknown> {
    if (this.isStopped) return never;
    const properties = this.functions.get(name);
    if (properties === undefined) throw new Error(`the stacks have no function ${name}`);
    const timeoutMs = Number(properties.Timeout ?? 3) * 1000;
    const thread = this.threadOf(name);
    this.running.set(name, (this.running.get(name) ?? 0) + 1);
    const started = performance.now();
    try {
      return await inTime(name, timeoutMs, thread.run({ name, event, timeoutMs, chain }));
    } finally {
      const { invocations, ms } = this.invoked.get(name) ?? { invocations: 0, ms: 0 };
      this.invoked.set(name, { invocations: invocations + 1, ms: ms + performance.now() - started });
      this.running.set(name, (this.running.get(name) ?? 1) - 1);
      this.ended += 1;
      this.onDone();
    }
  }

  /** `arn:…:function:<name>` or a name. */
  invokeArn(arn: string, event: unknown): Promise<unknown> {
    return this.invoke(nameOf(arn), event);
  }

  /** Invokes for a message of a queue. Undefined: Lambda would stop the chain here, because the function was invoked too often in it. */
  async invokeInChain(arn: string, event: unknown, chain: Chain): Promise<{ result: unknown } | undefined> {
    const name = nameOf(arn);
    const mayRecur = this.functions.get(name)?.RecursiveLoop === 'Allow';
    if (!mayRecur && (chain[name] ?? 0) >= MAX_INVOCATIONS) return undefined;
    return { result: await this.invoke(name, event, extended(chain, name)) };
  }

  active(): string[] {
    return [...this.running].filter(([, count]) => count > 0).map(([name]) => name);
  }

  /** Number of invocations that have ended since the start, across resets. */
  done(): number {
    return this.ended;
  }

  counts(): Record<string, { invocations: number; ms: number }> {
    return Object.fromEntries(this.invoked);
  }

  resetCounts(): void {
    this.invoked.clear();
  }

  /** Discards everything that functions kept in memory, and stops running invocations with their threads. */
  async reset(): Promise<void> {
    this.invoked.clear();
    const isIdle = [...this.running.values()].every((count) => count === 0);
    if (isIdle) {
      for (const thread of this.threads) thread.reset();
      return;
    }
    const old = this.threads;
    this.threads = this.startThreads();
    await Promise.all(old.map((thread) => thread.stop()));
  }

  collectGarbage(): void {
    for (const thread of this.threads) thread.collectGarbage();
  }

  /** Stops running invocations without a result, and refuses new ones. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.threads.map((thread) => thread.stop(true)));
  }

  private threadOf(name: string): FunctionThread {
    const own = this.threads[this.groups.findIndex(({ runs }) => runs(name))];
    if (own === undefined) throw new Error(`no thread runs ${name}`);
    if (!this.isShared || !SPREAD.test(name) || own.running(name) < MAX_IN_OWN_THREAD) return own;
    return this.threads.reduce((least, thread) => (thread.running(name) < least.running(name) ? thread : least), own);
  }

  private startThreads(): FunctionThread[] {
    return this.groups.map(({ start }) => start());
  }
}

/** Functions that run in one thread. */
interface Group {
  runs: (name: string) => boolean;
  start: () => FunctionThread;
}

function groupsOf({ startFunction, connect, onMetrics }: Options, data: Omit<FunctionsWorkerData, 'ports'>): Group[] {
  if (startFunction === undefined)
    return GROUPS.map((group) => ({
      runs: (name) => group.test(name),
      start: () => startThread(data, { connect, onMetrics }),
    }));
  const names = Object.keys(data.environments);
  return names.map((one) => ({ runs: (name) => name === one, start: () => startFunction(one, data) }));
}

const never = new Promise<never>(() => undefined);
const nameOf = (arn: string): string => arn.split(':').at(-1) ?? arn;

function environmentOf(name: string, properties: Json, { shared, own, queueUrl, pointerMaxAgeMs }: Options): Variables {
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

/** A function that exceeds its timeout has failed, although its promise may still settle. */
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
