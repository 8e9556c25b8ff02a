import { Logger } from '@aws-lambda-powertools/logger';

/** Structured JSON log lines. Write profile keys and entry ids, never addresses, bodies or tokens. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const logger = new Logger();
