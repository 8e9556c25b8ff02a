import { functionName, logLevel } from './env.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Record<string, unknown>;

/** Structured JSON log lines. Write profile keys and entry ids, never addresses, bodies or tokens. */
export type Log = Record<Level, (message: string, fields?: Fields) => void>;

const write =
  (level: Level) =>
  (message: string, fields: Fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(logLevel())) return;
    const line = { level, message, timestamp: new Date().toISOString(), function: functionName(), ...fields };
    const text = JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? shown(value) : value));
    // Lambda puts time and request id before what `console` writes, and metric filters then find no JSON.
    (level === 'error' ? process.stderr : process.stdout).write(`${text}\n`);
  };

const shown = ({ name, message, stack, cause }: Error) => ({ name, message, stack, cause });

export const logger: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
