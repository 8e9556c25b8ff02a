import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { JobsMessageSchema, runJob } from '../../engine/jobs/run-job.ts';
import { dynamo, s3, sqs } from '../../runtime/aws.ts';
import { catalogChanges } from '../../runtime/catalog-changes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { deadLetters } from '../../runtime/wiring/dead-letters.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';
import { senderQueues } from '../../runtime/wiring/sender-queues.ts';
import { EnvSchema } from './env.ts';

/** SQS `jobs` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: JobsMessageSchema,
  build: (env) => {
    const [tables, queues] = [dynamo(), sqs()];
    const profiles = profileStore(tables, env.PROFILES_TABLE);
    const runs = runStore(tables, env.RUNS_TABLE);
    return {
      jobs: jobStore(tables, env.CATALOG_TABLE),
      profiles,
      runs,
      messages: messageStore(tables, env.MESSAGES_TABLE),
      events: queue(queues, env.EVENTS_QUEUE_URL),
      due: queue(queues, env.DUE_QUEUE_URL),
      enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
      stopExecutions: queue(queues, env.STOP_EXECUTIONS_QUEUE_URL),
      metricEvents: metricEvents(env),
      wakes: wakeStore(tables, env.CATALOG_TABLE),
      senders: senderQueues(queues, env),
      deadLetters: deadLetters(queues, env),
      audience: {
        profiles,
        runs,
        occurrences: occurrenceStore(tables, env.CATALOG_TABLE),
        pages: audiencePages(s3(), env.OBJECTS_BUCKET),
        catalog: catalogStore(tables, {
          table: env.CATALOG_TABLE,
          pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
          changes: catalogChanges,
          clock: systemClock,
        }),
        clock: systemClock,
      },
      campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL),
      queue: queue(queues, env.JOBS_QUEUE_URL),
      pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
      clock: systemClock,
    };
  },
  handle: runJob,
});
