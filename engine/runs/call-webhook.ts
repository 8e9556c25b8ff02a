import { type Answer, readHeaders } from '../../core/http/receiver.ts';
import { redacted } from '../../core/http/redacted.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { retryAfter, type WebhookRequest, webhookAnswered } from '../../core/webhooks/webhook.ts';
import type { SecretStore } from '../definitions/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import { eventOut } from '../profiles/outgoing.ts';
import type { RunStore, WebhookLog, WebhookLogEntry, Webhooks } from './ports.ts';
import { ReservedError, type WebhookTries } from './ports.ts';

export interface WebhookDeps {
  runs: Pick<RunStore, 'get'>;
  tries: WebhookTries;
  events: Pick<Queue, 'send'>;
  /** The queue from which the request came. */
  again: Pick<Queue, 'send'>;
  webhooks: Webhooks;
  secrets: Pick<SecretStore, 'value'>;
  log: Pick<WebhookLog, 'put'>;
  clock: Clock;
}

/** Longer than this function may run (15 s). */
const LEASE_MS = 20_000;
/** Characters of a response in the log. */
const MAX_EXCERPT = 500;
/** As long as a closed run is kept. */
const TTL_SECONDS = 30 * 24 * 3600;

/**
 * Makes one try. Temporary faults are retried later; any other response goes to the run. A try that is delivered twice is made once, except if its
 * function died during the call: then it is made again, under the same `webhook-id`.
 */
export async function call(deps: WebhookDeps, request: WebhookRequest): Promise<void> {
  const run = await deps.runs.get(request.entry);
  // An exit takes effect at once: no webhook is called for a run that has left.
  if (run === undefined || run.status === 'closed') return;
  const now = deps.clock();
  try {
    const terms = { now, ttlSeconds: TTL_SECONDS, leaseMs: LEASE_MS };
    const { answer, at, latencyMs } = await deps.tries.makeOnce(request, terms, async () => {
      const answered = await ask(deps, request);
      return { answer: answered, latencyMs: deps.clock() - now, at: deps.clock() };
    });
    await deps.log.put(entryOf(request, run.profile, answer, { at, latencyMs }));
    await continueRun(deps, run.profile, request, answer, at);
  } catch (error) {
    if (!(error instanceof ReservedError)) throw error;
    await deps.again.send([{ body: request, delaySeconds: LEASE_MS / 1000 }]);
  }
}

/** Reads secrets only for the call. They appear neither in the answer nor in the log. */
async function ask(deps: WebhookDeps, { headers, ...request }: WebhookRequest): Promise<Answer> {
  const read = await readHeaders(headers, (id) => deps.secrets.value(id));
  if ('gone' in read) return { status: 0, body: `the secret of the header ${read.gone} is gone` };
  const { values, secrets } = read;
  const answer = await deps.webhooks.call({ ...request, headers: values });
  return secrets.length === 0 || answer.body === undefined
    ? answer
    : { ...answer, body: redacted(answer.body, secrets) };
}

function entryOf(
  { id, entry, source, attempt }: WebhookRequest,
  profile: ProfileKey,
  { status, body }: Answer,
  when: { at: EpochMs; latencyMs: number },
): WebhookLogEntry {
  const [, journey = '', node = ''] = source.split(':');
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const excerpt = text?.slice(0, MAX_EXCERPT).toWellFormed();
  return {
    journey,
    node,
    webhook: id,
    attempt,
    run: entry,
    profile,
    ...when,
    status,
    ...(excerpt === undefined ? {} : { body: excerpt }),
  };
}

/** Every delivery of the try repeats this, because the one that made the call may have died first. */
async function continueRun(
  deps: WebhookDeps,
  profile: string,
  request: WebhookRequest,
  answer: Answer,
  at: EpochMs,
): Promise<void> {
  const { attempt } = request;
  const delaySeconds = retryAfter(answer, attempt);
  if (delaySeconds === undefined) return deps.events.send([eventOut(profile, webhookAnswered(request, answer, at))]);
  await deps.again.send([{ body: { ...request, attempt: attempt + 1 }, delaySeconds }]);
}
