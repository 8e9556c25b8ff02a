import type { EpochMs } from '../../core/ids.ts';
import { retryAfter, type WebhookAnswer, type WebhookRequest, webhookAnswered } from '../../core/webhooks/webhook.ts';
import { pack, unpack } from '../shared/adapters/packed.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import { type Reservations, ReservedError } from '../shared/adapters/reservations.dynamo.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { Webhooks } from '../shared/adapters/webhooks.https.ts';
import type { Clock } from '../shared/clock.ts';
import { eventOut } from '../shared/profiles/effects.ts';

export interface WebhookDeps {
  runs: Pick<RunStore, 'get'>;
  /** In the table of runs. */
  calls: Reservations;
  events: Pick<Queue, 'send'>;
  /** The queue that the request came by. */
  again: Pick<Queue, 'send'>;
  webhooks: Webhooks;
  clock: Clock;
}

/** Longer than this function may run (15 s). */
const LEASE_MS = 20_000;
/** As long as a closed run is kept. */
const TTL_SECONDS = 30 * 24 * 3600;

/**
 * Makes one try. What passes by itself is tried again later; any other answer is told to the run. A try that is delivered twice is made once: only
 * where its function died in the midst of it, it is made again, under the same `webhook-id`.
 */
export async function call(deps: WebhookDeps, request: WebhookRequest): Promise<void> {
  const { id, entry, attempt } = request;
  const run = await deps.runs.get(entry);
  // An exit acts at once: who has left is not told of.
  if (run === undefined || run.status === 'closed') return;
  const now = deps.clock();
  const key = { pk: `RUN#${entry}`, sk: `WEBHOOK#${id}#${attempt}` };
  try {
    const terms = { now, ttlSeconds: TTL_SECONDS, leaseMs: LEASE_MS };
    const { answer, at } = await deps.calls.decideOnce(key, terms, async () => ({
      // Packed: JSON holds numbers and depths that an item does not.
      value: { answer: pack(await deps.webhooks.post(request)), at: deps.clock() },
    }));
    await goOn(deps, run.profile, request, unpack<WebhookAnswer>(answer), at);
  } catch (error) {
    if (!(error instanceof ReservedError)) throw error;
    await deps.again.send([{ body: request, delaySeconds: LEASE_MS / 1000 }]);
  }
}

/** Repeated by every delivery of the try: the one that made it may have died before. */
async function goOn(
  deps: WebhookDeps,
  profile: string,
  request: WebhookRequest,
  answer: WebhookAnswer,
  at: EpochMs,
): Promise<void> {
  const { attempt } = request;
  const delaySeconds = retryAfter(answer, attempt);
  if (delaySeconds === undefined) return deps.events.send([eventOut(profile, webhookAnswered(request, answer, at))]);
  await deps.again.send([{ body: { ...request, attempt: attempt + 1 }, delaySeconds }]);
}
