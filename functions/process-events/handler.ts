import { EventsMessageSchema } from '../../core/events/event.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { clientFeedback } from '../../runtime/wiring/client-feedback.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';
import { profileDeps } from '../../runtime/wiring/profiles.ts';
import { EnvSchema } from './env.ts';

/** SQS `events.fifo`, one group a profile: at least once, in order within a group. */
export const handler = queueHandler({
  env: EnvSchema,
  body: EventsMessageSchema,
  build: (env) => {
    const counts = ingestionCounts(metricEvents(env));
    return { ...profileDeps(env), feedback: clientFeedback(env), counts };
  },
  handle: processEvents,
  fifo: (env) => env.EVENTS_QUEUE_URL,
});
