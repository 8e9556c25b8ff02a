import { queue } from '../../adapters/sqs/queue.ts';
import { EventsMessageSchema } from '../../core/events/event.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { sqs } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { clientFeedback } from '../../runtime/wiring/client-feedback.ts';
import { profileDeps } from '../../runtime/wiring/profiles.ts';
import { EnvSchema } from './env.ts';

/** SQS `events.fifo`, one group a profile: at least once, in order within a group. */
export const handler = queueHandler({
  env: EnvSchema,
  body: EventsMessageSchema,
  build: (env) => {
    const deps = profileDeps(env);
    const sums = queue(sqs(), env.METRIC_EVENTS_QUEUE_URL);
    return { ...deps, feedback: clientFeedback(env), counts: ingestionCounts({ sums, log: deps.log }) };
  },
  handle: processEvents,
  finish: ({ counts }) => counts.flush(),
  fifo: (env) => env.EVENTS_QUEUE_URL,
});
