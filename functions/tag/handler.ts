import { EventsMessageSchema } from '../../core/events/event.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { tagBatch } from '../shared/profiles/tag-batch.ts';
import { profileDeps } from '../shared/profiles/wire.ts';
import { clientFeedback } from '../shared/sending/client-feedback.ts';
import { EnvSchema } from './env.ts';

/** SQS `events.fifo`, one group a profile: at least once, in order within a group. */
export const handler = queueHandler({
  env: EnvSchema,
  body: EventsMessageSchema,
  build: (env) => ({ ...profileDeps(env), feedback: clientFeedback(env) }),
  handle: tagBatch,
  fifo: (env) => env.EVENTS_QUEUE_URL,
});
