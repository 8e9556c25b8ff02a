import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { EventNames } from '../../adapters/dynamo/event-names.ts';
import type { WriteKeys } from '../../adapters/dynamo/write-keys.ts';
import type { Queue } from '../../adapters/sqs/queue.ts';
import { CALL_OF_PATH, type Call } from '../../core/events/calls.ts';
import {
  type Accepted,
  messagesOf,
  normalise,
  type Rejection,
  TooLargeError,
  UnreadableBodyError,
} from '../../core/events/normalise.ts';
import { type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import type { Clock, Sequence } from '../../runtime/clock.ts';
import type { HttpEvent } from '../../runtime/handlers/http-handler.ts';
import type { Log } from '../../runtime/log.ts';
import { ProblemError } from '../../runtime/problem.ts';
import { readBody, tooLarge, unreadable } from './body.ts';
import type { rateLimit } from './rate-limit.ts';
import { sourceSettings } from './settings.ts';

export interface IngestDeps {
  keys: Pick<WriteKeys, 'find'>;
  events: Pick<Queue, 'send'>;
  names: Pick<EventNames, 'note'>;
  limit: ReturnType<typeof rateLimit>;
  /** Origin under which clients reach Cairn. */
  publicUrl: string;
  clock: Clock;
  sequence: Sequence;
  newId: () => string;
  log: Pick<Log, 'warn'>;
}

/** A request of a Segment client: an event or a batch, or the settings of its source. */
export async function ingest(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    return await answerClient(deps, event);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { problem } = error;
    throw new ProblemError({ ...problem, segment: { code: problem.type, message: problem.detail } });
  }
}

async function answerClient(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const writeKey = event.pathParameters?.writeKey;
  if (writeKey === undefined) return takeEvents(deps, event);
  if ((event.pathParameters?.proxy ?? '') !== '')
    throw new ProblemError({ type: 'not-found', detail: 'There is no such call.' });
  if ((await deps.keys.find(writeKey)) === undefined)
    throw new ProblemError({ type: 'not-found', detail: 'There is no such write key.' });
  return sourceSettings(writeKey, deps.publicUrl);
}

/** 200 with each item's verdict, once what is accepted is on the queue. Segment answers 200, and many clients take nothing else for success. */
async function takeEvents(deps: IngestDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const [receivedAt, sequence] = [deps.clock(), deps.sequence()];
  const call = CALL_OF_PATH.get(/\/v1\/([^/]*)\/?$/.exec(event.rawPath)?.[1] ?? '');
  if (call === undefined) throw new ProblemError({ type: 'not-found', detail: 'There is no such call.' });
  const body = readBody(event);
  const key = await deps.keys.find(writeKeyOf(event, body) ?? '');
  if (key === undefined)
    throw new ProblemError({ type: 'unauthenticated', detail: 'The write key is missing or not known.' });

  const { accepted, rejected } = readItems(body, call, { receivedAt, sequence, key: key.kind, newId: deps.newId });
  if (accepted.length === 0) throw nothingValid(rejected);
  limitRate(deps, accepted, receivedAt, call);
  const messages = messagesOf(accepted).map(({ group, body: message }) => ({
    body: message,
    group: group,
    dedup: hashId(message.profile, receivedAt, deps.newId(), ...message.events.map((one) => one.id)),
  }));
  await Promise.all([
    deps.events.send(messages),
    noteNames(
      deps,
      accepted.flatMap(({ event: { name } }) => name ?? []),
      receivedAt,
    ),
  ]);
  const warnings = key.kind === 'client' ? aliasWarnings(accepted, call) : [];
  return json(200, {
    success: true,
    accepted: accepted.length,
    rejected,
    ...(warnings.length > 0 ? { warnings } : {}),
  });
}

/** Said of each alias, whoever it names: whether a user is known is nothing that a client key may find out. */
function aliasWarnings(accepted: Accepted[], call: Call | 'batch'): Rejection[] {
  const message = 'merges an anonymous profile only: with a client key two known users stay apart';
  return accepted
    .filter(({ event }) => event.type === 'alias')
    .map(({ index }) => ({ index, path: `${call === 'batch' ? `/batch/${index}` : ''}/previousId`, message }));
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
    if (error instanceof TooLargeError) throw tooLarge(error.message);
    if (error instanceof UnreadableBodyError) throw unreadable(`${error.message}.`);
    throw error;
  }
}

/** The whole request is refused where a profile of it has used up its rate: a client takes any success for the delivery of every item. */
function limitRate({ limit }: IngestDeps, accepted: Accepted[], now: EpochMs, call: Call | 'batch'): void {
  const counts = new Map<ProfileKey, number>();
  for (const { profile } of accepted) counts.set(profile, (counts.get(profile) ?? 0) + 1);
  const { exhausted, retryAfterSeconds } = limit.take(counts, now);
  if (exhausted.size === 0) return;
  throw new ProblemError({
    type: 'rate-limited',
    detail: 'Too many events of one profile. Nothing of the request was taken.',
    errors: accepted
      .filter(({ profile }) => exhausted.has(profile))
      .map(({ index }) => ({ path: call === 'batch' ? `/batch/${index}` : '', message: 'rate-limited' })),
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

const nothingValid = (rejected: Rejection[]): ProblemError =>
  new ProblemError({
    type: 'unreadable',
    detail: 'Nothing in the request is valid.',
    errors: rejected.map(({ path, message }) => ({ path, message })),
  });

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
