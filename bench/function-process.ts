import { subscribe } from 'node:diagnostics_channel';
import { followClock } from '../local/clock.ts';

/**
 * Runs one bundle in a process of its own, one invocation at a time, as an instance of Lambda does: `FunctionRequest`s come by IPC, and
 * `FunctionResponse`s go back. The first argument is the bundle's file.
 */
export interface FunctionRequest {
  id: number;
  event: unknown;
  timeoutMs: number;
  /** The clock shows it during the invocation. */
  now: number;
}
export interface FunctionResponse {
  id: number;
  result?: string;
  error?: { name: string; message: string };
  usage: Usage;
}
export interface Usage {
  /** CPU time of all threads of the process. */
  cpuMs: number;
  /** Time of the import alone; only the first invocation has it. */
  importMs?: number;
  /** HTTP requests. */
  calls: number;
  /** Largest memory of the process so far. */
  peakMb: number;
}

const clock = new BigInt64Array(new SharedArrayBuffer(8));
followClock(clock.buffer as SharedArrayBuffer);
let calls = 0;
subscribe('http.client.request.start', () => {
  calls += 1;
});

type Handler = (event: unknown, context: object) => Promise<unknown>;
let handler: Promise<Handler> | undefined;
let last: Promise<unknown> = Promise.resolve();

process.on('message', (request: FunctionRequest) => {
  last = last.then(() => respond(request));
});
process.on('disconnect', () => process.exit(0));

async function respond({ id, event, timeoutMs, now }: FunctionRequest): Promise<void> {
  clock[0] = BigInt(now);
  calls = 0;
  const started = process.cpuUsage();
  const isFirst = handler === undefined;
  handler ??= import(String(process.argv[2])).then((bundle: { handler: Handler }) => bundle.handler);
  const answer = await handler
    .then((invoke) => {
      const imported = isFirst ? { importMs: msOf(process.cpuUsage(started)) } : {};
      return invoke(event, contextOf(id, timeoutMs)).then((result) => ({ result: JSON.stringify(result), imported }));
    })
    .catch((error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)), imported: {} }));
  const { imported, ...outcome } = answer;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const usage = { cpuMs: msOf(process.cpuUsage(started)), calls, peakMb, ...imported };
  const failed = 'error' in outcome ? { error: { name: outcome.error.name, message: outcome.error.message } } : outcome;
  process.send?.({ id, ...failed, usage } satisfies FunctionResponse);
}

const msOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

const contextOf = (id: number, timeoutMs: number) => ({
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  awsRequestId: `request-${id}`,
  getRemainingTimeInMillis: () => timeoutMs,
});
