import { AsyncLocalStorage } from 'node:async_hooks';
import { EXPECTED_ERROR, PROVIDER_REFUSED, RUN_PARKED } from '../core/metrics/log-lines.ts';
import type { Log } from '../engine/ports.ts';
import { functionName, logLevel, traceId } from './env.ts';
import { mappedStack } from './source-maps.ts';
import { withoutQuotes } from './without-quotes.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Record<string, unknown>;

/** Lines that metrics count, which no level leaves out. */
const COUNTED = new Set([EXPECTED_ERROR, PROVIDER_REFUSED, RUN_PARKED]);

const context = new AsyncLocalStorage<Fields>();

/** Adds these fields to each line that `work` logs, beside those of the surrounding call. */
export const withLogFields = <Result>(fields: Fields, work: () => Result): Result =>
  context.run({ ...context.getStore(), ...fields }, work);

/**
 * Lambda filters lines by `level` and `timestamp`; a line of JSON goes to CloudWatch unchanged.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
const write =
  (level: Level) =>
  (message: string, fields: Fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(logLevel()) && !COUNTED.has(message)) return;
    const line = {
      level,
      message,
      timestamp: new Date().toISOString(),
      function: functionName(),
      traceId: traceId(),
      ...context.getStore(),
      ...fields,
    };
    const text = JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? shown(value) : value));
    // `console` would wrap the line as the text of another one.
    (level === 'error' ? process.stderr : process.stdout).write(`${text}\n`);
  };

/** Adds AWS's request id if AWS refused a call, because its support asks for it. */
function shown(error: Error) {
  const { name, message, stack, cause } = error;
  const safe = withoutQuotes(error);
  return {
    name,
    message: safe,
    // It begins with the message.
    stack: stack === undefined ? undefined : mappedStack(stack.replace(message, () => safe)),
    cause,
    awsRequestId: (error as { $metadata?: { requestId?: string } }).$metadata?.requestId,
  };
}

export const logger: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
