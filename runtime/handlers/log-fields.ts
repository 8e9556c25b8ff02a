import type { Context } from 'aws-lambda';
import { withLogFields } from '../log.ts';

/** Names in log lines of fields in payloads: our own keys and ids, which reveal nothing about a person. */
const NAMES = { profile: 'profile', entry: 'run', leg: 'leg', n: 'step', message: 'messageId', job: 'job' } as const;

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/** Adds the request's id to each line that the function logs. */
export const withRequestId =
  <Event, Result>(handle: Handler<Event, Result>): Handler<Event, Result> =>
  (event, context) =>
    withLogFields({ requestId: context.awsRequestId }, () => handle(event, context));

/** Returns the profile, run, message or job of a payload. A message of a journey has its run in `source`. */
export function logFieldsOf(payload: unknown): Record<string, unknown> {
  if (typeof payload !== 'object' || payload === null) return {};
  const given = payload as Record<string, unknown>;
  const { run } = (given.source ?? {}) as { run?: unknown };
  const named = Object.entries(NAMES).map(([key, name]) => [name, given[key]] as const);
  return Object.fromEntries([['run', run], ...named].filter(([, value]) => isId(value)));
}

const isId = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
