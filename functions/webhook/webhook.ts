import { retryAfter, type WebhookRequest, webhookAnswered } from '../../core/webhooks/webhook.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { Webhooks } from '../shared/adapters/webhooks.https.ts';
import type { Clock } from '../shared/clock.ts';
import { eventOut } from '../shared/profiles/effects.ts';

export interface WebhookDeps {
  runs: Pick<RunStore, 'get'>;
  events: Pick<Queue, 'send'>;
  /** The queue that the request came by. */
  again: Pick<Queue, 'send'>;
  webhooks: Webhooks;
  clock: Clock;
}

/** Makes one try. What passes by itself is tried again later; any other answer is told to the run. Delivered twice, it is sent twice under one id. */
export async function call(deps: WebhookDeps, request: WebhookRequest): Promise<void> {
  const run = await deps.runs.get(request.entry);
  // An exit acts at once: who has left is not told of.
  if (run === undefined || run.status === 'closed') return;
  const answer = await deps.webhooks.post(request);
  const delaySeconds = retryAfter(answer, request.attempt);
  if (delaySeconds !== undefined) {
    return deps.again.send([{ body: { ...request, attempt: request.attempt + 1 }, delaySeconds }]);
  }
  return deps.events.send([eventOut(run.profile, webhookAnswered(request, answer, deps.clock()))]);
}
