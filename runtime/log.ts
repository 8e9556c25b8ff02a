import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '../engine/ports.ts';
import { functionName, logLevel, traceId } from './env.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Record<string, unknown>;

const context = new AsyncLocalStorage<Fields>();

/** Each line that `work` logs carries these fields, beside those of the call around it. */
export const withLogFields = <Result>(fields: Fields, work: () => Result): Result =>
  context.run({ ...context.getStore(), ...fields }, work);

/**
 * `level` and `timestamp` are as Lambda reads them to filter lines; a line that is JSON goes to CloudWatch as it is.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
const write =
  (level: Level) =>
  (message: string, fields: Fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(logLevel())) return;
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
    // What `console` writes would become the text of another line.
    (level === 'error' ? process.stderr : process.stdout).write(`${text}\n`);
  };

/** With the request id of AWS, where AWS refused a call: its support asks for it. */
const shown = ({ name, message, stack, cause, ...rest }: Error) => ({
  name,
  message,
  stack,
  cause,
  awsRequestId: (rest as { $metadata?: { requestId?: string } }).$metadata?.requestId,
});

export const logger: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
