import { memoryMbOf } from '../lib/constructs/function-memory.ts';

/** MB at which an instance has the time of one CPU. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const ONE_CPU_MB = 1769;
/** Time that a call of DynamoDB or SQS waits, beside its CPU time. */
const CALL_MS = 4;

/** Use of a warm invocation. */
export interface InvocationUse {
  cpuMs: number;
  /** One after the other at the most. */
  calls: number;
}

/** As `npm run bench memory` measured it (`docs/decisions/0093-memory-by-measurement.md`). */
const USE: Record<string, InvocationUse> = {
  'admin-api': { cpuMs: 90, calls: 35 },
  'advance-run': { cpuMs: 20, calls: 9.5 },
  'compile-mjml': { cpuMs: 52, calls: 0 },
  'dispatch-due': { cpuMs: 330, calls: 138 },
  ingest: { cpuMs: 13, calls: 3.4 },
  'lifecycle-api': { cpuMs: 42, calls: 15 },
  'process-due-profiles': { cpuMs: 33, calls: 15.5 },
  'process-events': { cpuMs: 19, calls: 11.2 },
  'record-metrics': { cpuMs: 8.3, calls: 5 },
  'recover-lost-runs': { cpuMs: 115, calls: 1 },
  'register-task-token': { cpuMs: 11, calls: 5 },
  'run-job': { cpuMs: 60, calls: 15 },
  'run-simulation': { cpuMs: 5.7, calls: 0 },
  'send-push': { cpuMs: 33, calls: 16 },
  'send-sms': { cpuMs: 28, calls: 14 },
  'simulation-api': { cpuMs: 16, calls: 7 },
  'start-run': { cpuMs: 75, calls: 39 },
};
/** Stands for functions that no example invokes. */
const OTHER: InvocationUse = { cpuMs: 30, calls: 10 };

/** Milliseconds that a warm invocation takes with this memory. */
export const durationMs = ({ cpuMs, calls }: InvocationUse, memoryMb: number): number =>
  cpuMs * Math.max(1, ONE_CPU_MB / memoryMb) + calls * CALL_MS;

/** GB-seconds of an invocation of a function, named as deployed (`<prefix>-<folder>`), with the memory that the stacks give it. */
export function gbSecondsOf(functionName: string): number {
  const name = functionName.slice(functionName.indexOf('-') + 1);
  const memoryMb = memoryMbOf(name);
  return ((memoryMb / 1024) * durationMs(USE[name] ?? OTHER, memoryMb)) / 1000;
}
