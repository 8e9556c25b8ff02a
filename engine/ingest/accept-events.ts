import type { Call } from '../../core/events/calls.ts';
import {
  type Accepted,
  normalise,
  type Rejection,
  TooLargeError,
  UnreadableBodyError,
} from '../../core/events/normalise.ts';
import { messagesOf } from '../../core/events/queue-messages.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { rejectedField } from '../../core/metrics/ingestion-counters.ts';
import { DomainError } from '../errors.ts';
import type { Counts } from '../metrics/sum.ts';
import type { Clock, Log, Queue, Sequence } from '../ports.ts';
import type { ClientMerge, clientMerges } from './client-merges.ts';
import type { EventNames, WriteKeys } from './ports.ts';
import { CLIENT_MERGES, type Demand, EVENTS, type Rate, type rateLimit } from './rate-limit.ts';

export interface AcceptDeps {
  keys: Pick<WriteKeys, 'find'>;
  events: Pick<Queue, 'send'>;
  names: Pick<EventNames, 'note'>;
  limit: ReturnType<typeof rateLimit>;
  merges: ReturnType<typeof clientMerges>;
  clock: Clock;
  sequence: Sequence;
  newId: () => string;
  log: Pick<Log, 'warn'>;
}

/** The client's request, and the instant of its arrival. */
export interface Sent {
  call: Call | 'batch';
  body: unknown;
  writeKey: string | undefined;
  receivedAt: EpochMs;
  sequence: number;
}

interface Verdict {
  /** Number of accepted items. */
  accepted: number;
  rejected: Rejection[];
  warnings?: Rejection[];
}

/** Returns the verdict on each item, once all accepted ones are on the queue. Rejected items are added to `counts`, even if it throws. */
export async function acceptEvents(deps: AcceptDeps, sent: Sent, counts: Counts): Promise<Verdict> {
  const { call, body, receivedAt, sequence } = sent;
  const key = await deps.keys.find(sent.writeKey ?? '');
  if (key === undefined)
    throw new DomainError({ code: 'unauthenticated', detail: 'The write key is missing or not known.' });

  const { accepted, rejected } = readItems(body, call, { receivedAt, sequence, key: key.kind, newId: deps.newId });
  for (const { path } of rejected) {
    const name = `rejected:${rejectedField(path)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  if (accepted.length === 0) throw nothingValid(rejected);
  limitRate(deps, accepted, deps.merges.newOf(accepted, key), receivedAt, call);
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
  return { accepted: accepted.length, rejected, ...(warnings.length > 0 ? { warnings } : {}) };
}

/** Warns about each alias, whichever user it names: a client key must not find out whether a user is known. */
function aliasWarnings(accepted: Accepted[], call: Call | 'batch'): Rejection[] {
  const message = 'merges an anonymous profile only: with a client key two known users stay apart';
  return accepted
    .filter(({ event }) => event.type === 'alias')
    .map(({ index }) => ({ index, path: `${call === 'batch' ? `/batch/${index}` : ''}/previousId`, message }));
}

/**
 * Notes event names, which only serve warnings to marketers. A failure here does not fail the request, because its items are on the queue already and
 * the client would send them again.
 */
async function noteNames({ names, log }: AcceptDeps, came: string[], now: EpochMs): Promise<void> {
  try {
    await names.note(came, now);
  } catch (error) {
    log.warn('names of events were not noted', { error });
  }
}

function readItems(body: unknown, call: Call | 'batch', arrival: Parameters<typeof normalise>[2]) {
  try {
    return normalise(body, call === 'batch' ? undefined : call, arrival);
  } catch (error) {
    if (error instanceof TooLargeError) throw new DomainError({ code: 'too-large', detail: error.message });
    if (error instanceof UnreadableBodyError)
      throw new DomainError({ code: 'unreadable', detail: `${error.message}.` });
    throw error;
  }
}

/** The whole request is refused where a bucket of it is empty: a client takes any success for the delivery of every item. */
function limitRate(
  { limit, merges }: AcceptDeps,
  accepted: Accepted[],
  newMerges: ClientMerge[],
  now: EpochMs,
  call: Call | 'batch',
): void {
  const demands = new Map<string, Demand>();
  const add = (bucket: string, rate: Rate) =>
    demands.set(bucket, { rate, count: (demands.get(bucket)?.count ?? 0) + 1 });
  for (const { profile } of accepted) add(profile, EVENTS);
  for (const { bucket } of newMerges) add(bucket, CLIENT_MERGES);
  const { exhausted, retryAfterSeconds } = limit.take(demands, now);
  if (exhausted.size === 0) {
    merges.remember(newMerges);
    return;
  }
  const isMerge = new Set(newMerges.filter(({ bucket }) => exhausted.has(bucket)).map(({ index }) => index));
  throw new DomainError({
    code: 'rate-limited',
    detail: `Too many ${isMerge.size > 0 ? 'anonymous profiles merged into one user' : 'events of one profile'}. Nothing of the request was taken.`,
    errors: accepted
      .filter(({ profile, index }) => exhausted.has(profile) || isMerge.has(index))
      .map(({ index }) => ({ path: call === 'batch' ? `/batch/${index}` : '', message: 'rate-limited' })),
    retryAfterSeconds,
  });
}

const nothingValid = (rejected: Rejection[]): DomainError =>
  new DomainError({
    code: 'unreadable',
    detail: 'Nothing in the request is valid.',
    errors: rejected.map(({ path, message }) => ({ path, message })),
  });
