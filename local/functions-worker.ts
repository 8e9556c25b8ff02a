import { AsyncLocalStorage } from 'node:async_hooks';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { DIST } from '../lib/bundles.ts';
import { counterOf } from './catalog-changes.ts';
import { type Chain, commonChain, traceOf } from './chains.ts';
import { followClock } from './clock.ts';
import { caller } from './direct/calls.ts';
import type { DirectPorts } from './direct/clients.ts';
import { directClients } from './direct/clients.ts';
import { COLLECT_GARBAGE, collectGarbage } from './idle-gc.ts';
import { guardCall, guardCalls } from './permissions/guard-calls.ts';
import type { Permission } from './permissions/role-permissions.ts';

/**
 * A thread that runs functions' bundles: receives `Invocation`s and sends `Answer`s. On `reset` it gives each function a new environment without
 * memory.
 */
type Handler = (event: unknown, context: object) => Promise<unknown>;
export type Variables = Record<string, string>;

export interface FunctionsWorkerData {
  /** Variables of each function. */
  environments: Record<string, Variables>;
  permissions: Record<string, Permission[]>;
  clock: SharedArrayBuffer | undefined;
  ports: DirectPorts;
  /** Counts what is written to the rules' pointer and to write keys, of which functions may then keep copies. */
  catalogChanges: SharedArrayBuffer | undefined;
}
export interface Invocation {
  id: number;
  name: string;
  event: unknown;
  requestId: string;
  timeoutMs: number;
  /** Invocations through queues so far, including this one. */
  chain: Chain;
}
export type Answer = { id: number } & ({ result: unknown } | { errorType: string; message: string });
/** A line of CloudWatch's embedded metric format, posted before the answer of the invocation that wrote it. */
export type MetricsLine = { metrics: string };

const { environments, permissions, clock, ports, catalogChanges } = workerData as FunctionsWorkerData;
followClock(clock);
// A reset creates new instances, which need not compile the same code again.
enableCompileCache(join(DIST, '.compiled'));

/** Running invocations of each function. */
const running = new Map<string, Set<Invocation>>();
for (const [name, variables] of Object.entries(environments)) carryTrace(name, variables);

// CloudWatch's part: it takes metrics from lines, and shows none of them.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((...given: Parameters<typeof write>) => {
  const [text] = given;
  if (typeof text !== 'string' || !text.startsWith('{"level":"info"')) return write(...given);
  if (text.includes('"_aws":')) parentPort?.postMessage({ metrics: text } satisfies MetricsLine);
  return true;
}) as typeof process.stdout.write;

// Every invocation sees the environment of its function in the template, and nothing of this process's own.
const scope = new AsyncLocalStorage<Variables>();
const own = process.env;
Object.defineProperty(process, 'env', { configurable: true, get: () => scope.getStore() ?? own });
const invoked = () => {
  const name = scope.getStore()?.AWS_LAMBDA_FUNCTION_NAME;
  return name === undefined ? undefined : { name, permissions: permissions[name] ?? [] };
};
guardCalls(invoked);
const asks = Object.fromEntries(Object.entries(ports).map(([service, port]) => [service, caller(port)]));
globalThis.directClient = directClients({ asks, guard: (...call) => guardCall(invoked(), ...call) });

globalThis.catalogChangeCount = catalogChanges && counterOf(catalogChanges);

const handlers = new Map<string, Promise<Handler>>();
const warm = new Set<string>();
if (parentPort === null) throw new Error('runs as a thread');
const port = parentPort;

port.on('message', (message: Invocation | 'reset' | typeof COLLECT_GARBAGE) => {
  if (message === 'reset') renew();
  else if (message === COLLECT_GARBAGE) collectGarbage();
  else run(message);
});

function renew(): void {
  for (const [name, variables] of Object.entries(environments)) environments[name] = carryTrace(name, { ...variables });
}

/**
 * The SDK reads the chain from the environment and sends it on. An instance of Lambda has one invocation at a time. Here concurrent invocations share
 * one environment, and send the part that their chains have in common.
 */
function carryTrace(name: string, variables: Variables): Variables {
  const get = () => traceOf(commonChain([...(running.get(name) ?? [])].map(({ chain }) => chain)));
  return Object.defineProperty(variables, '_X_AMZN_TRACE_ID', { configurable: true, enumerable: false, get });
}

function run(invocation: Invocation): void {
  const { id, name } = invocation;
  const variables = environments[name] ?? {};
  const all = running.get(name) ?? new Set();
  running.set(name, all.add(invocation));
  scope
    .run(variables, async () => (await load(name))(invocation.event, contextOf(invocation)))
    .finally(() => {
      all.delete(invocation);
      keepCompiled(name);
    })
    .then(
      // Serialised as over the wire: only JSON values are returned.
      (result) => port.postMessage({ id, result: JSON.stringify(result) } satisfies Answer),
      (error: unknown) =>
        port.postMessage({
          id,
          errorType: error instanceof Error ? error.name : 'Error',
          message: error instanceof Error ? error.message : String(error),
        } satisfies Answer),
    );
}

/** `<prefix>-<folder>`: the same bundle that CDK uses as the function's asset. */
function load(name: string): Promise<Handler> {
  let handler = handlers.get(name);
  if (handler === undefined) {
    const file = join(DIST, name.slice(name.indexOf('-') + 1), 'index.mjs');
    handler = import(pathToFileURL(file).href).then((bundle: { handler: Handler }) => bundle.handler);
    handlers.set(name, handler);
  }
  return handler;
}

/** After a function's first invocation most of its code is compiled. */
function keepCompiled(name: string): void {
  if (warm.has(name)) return;
  warm.add(name);
  flushCompileCache();
}

const contextOf = ({ name, requestId, timeoutMs }: Invocation) => ({
  functionName: name,
  awsRequestId: requestId,
  getRemainingTimeInMillis: () => timeoutMs,
});
