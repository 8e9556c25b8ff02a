import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  type Accepted,
  type Call,
  messagesOf,
  normalise,
  type Rejection,
  UnreadableBodyError,
} from '../../core/events/normalise.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import type { EventNames } from '../shared/adapters/event-names.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { WriteKeys } from '../shared/adapters/write-keys.dynamo.ts';
import type { Clock, Sequence } from '../shared/clock.ts';
import type { HttpEvent } from '../shared/handlers/http-handler.ts';
import type { Log } from '../shared/log.ts';
import { ProblemError } from '../shared/problem.ts';
import { readBody, unreadable } from './body.ts';
import type { rateLimit } from './rate-limit.ts';

export interface IngestDeps {
  keys: Pick<WriteKeys, 'find'>;
  events: Pick<Queue, 'send'>;
  names: Pick<EventNames, 'note'>;
  limit: ReturnType<typeof rateLimit>;
  clock: Clock;
  sequence: Sequence;
  newId: () => string;
  log: Pick<Log, 'warn'>;
}

const PATHS = new Map<string, Call | 'batch'>(
  Object.entries({
    identify: 'identify',
    track: 'track',
    page: 'page',
    screen: 'screen',
    group: 'group',
    alias: 'alias',
    batch: 'batch',
    i: 'identify',
    t: 'track',
    p: 'page',
    s: 'screen',
    g: 'group',
    a: 'alias',
    b: 'batch',
  }),
);
const RETRY_AFTER_SECONDS = '10';

/** One request of Segment's HTTP API: 202 with each item's verdict, once what is accepted is on the queue. */
export async function ingest(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const [receivedAt, sequence] = [deps.clock(), deps.sequence()];
  const call = PATHS.get(event.rawPath.split('/').at(-1) ?? '');
  if (call === undefined) throw new ProblemError({ type: 'not-found', detail: 'There is no such call.' });
  const body = readBody(event);
  const key = await deps.keys.find(writeKeyOf(event, body) ?? '');
  if (key === undefined)
    throw new ProblemError({ type: 'unauthenticated', detail: 'The write key is missing or not known.' });

  const read = readItems(body, call, { receivedAt, sequence, key: key.kind, newId: deps.newId });
  const { admitted, rejected } = admit(deps, read, receivedAt, call);
  if (admitted.length === 0) throw nothingTaken(rejected);
  const messages = messagesOf(admitted).map(({ lane, body: message }) => ({
    body: message,
    group: lane,
    dedup: hashId(message.profile, receivedAt, deps.newId(), ...message.events.map((one) => one.id)),
  }));
  await Promise.all([
    deps.events.send(messages),
    noteNames(
      deps,
      admitted.flatMap(({ event: { name } }) => name ?? []),
      receivedAt,
    ),
  ]);
  return json(202, { accepted: admitted.length, rejected });
}

/** For a warning to marketers alone: what is on the queue is accepted all the same, or the client would send it again. */
async function noteNames({ names, log }: IngestDeps, came: string[], now: EpochMs): Promise<void> {
  try {
    await names.note(came, now);
  } catch (error) {
    log.warn('names of events were not noted', { error });
  }
}

/** The Basic user, else `writeKey` in the body. */
function writeKeyOf(event: HttpEvent, body: unknown): string | undefined {
  const header = event.headers.authorization;
  if (header !== undefined && /^basic /i.test(header)) {
    const [user] = Buffer.from(header.slice('basic '.length), 'base64').toString('utf8').split(':');
    if (user !== undefined && user !== '') return user;
  }
  const inBody: unknown = typeof body === 'object' && body !== null && 'writeKey' in body ? body.writeKey : undefined;
  return typeof inBody === 'string' ? inBody : undefined;
}

function readItems(body: unknown, call: Call | 'batch', arrival: Parameters<typeof normalise>[2]) {
  try {
    return normalise(body, call === 'batch' ? undefined : call, arrival);
  } catch (error) {
    if (error instanceof UnreadableBodyError) throw unreadable(`${error.message}.`);
    throw error;
  }
}

/** What exceeds a profile's rate is rejected by its index. */
function admit(
  deps: IngestDeps,
  read: { accepted: Accepted[]; rejected: Rejection[] },
  now: number,
  call: Call | 'batch',
): { admitted: Accepted[]; rejected: Rejection[] } {
  const admitted: Accepted[] = [];
  const rejected = [...read.rejected];
  for (const item of read.accepted) {
    if (deps.limit.admits(item.profile, now)) admitted.push(item);
    else
      rejected.push({
        index: item.index,
        path: call === 'batch' ? `/batch/${item.index}` : '',
        message: 'rate-limited',
      });
  }
  return { admitted, rejected: rejected.sort((a, b) => a.index - b.index) };
}

function nothingTaken(rejected: Rejection[]): ProblemError {
  const errors = rejected.map(({ path, message }) => ({ path, message }));
  if (rejected.length > 0 && rejected.every(({ message }) => message === 'rate-limited')) {
    const headers = { 'retry-after': RETRY_AFTER_SECONDS };
    return new ProblemError({ type: 'rate-limited', detail: 'Too many events of one profile.', errors, headers });
  }
  return new ProblemError({ type: 'unreadable', detail: 'Nothing in the request is valid.', errors });
}

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
