import type { Context, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profilePages } from '../../adapters/dynamo/profile-pages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { recordedMessages } from '../../adapters/dynamo/recorded-messages.ts';
import { recountStore } from '../../adapters/dynamo/recounts.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { factQueries } from '../../adapters/lambda/fact-queries.ts';
import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import { exportParts } from '../../adapters/s3/export-parts.ts';
import { exportStore } from '../../adapters/s3/exports.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { removedMachines } from '../../adapters/stepfunctions/machines.ts';
import { COUNTER_DRIFT } from '../../core/metrics/recount.ts';
import { MACHINES_REMOVED } from '../../core/runs/machine-name.ts';
import { type StartRemovalsDeps, startRemovals } from '../../engine/jobs/remove-machines.ts';
import { type JobDeps, JobsMessageSchema, runJob } from '../../engine/jobs/run-job.ts';
import { type StartRecountsDeps, startRecounts } from '../../engine/metrics/start-recounts.ts';
import { dynamo, lambda, pacedSfn, s3, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { deadLetters } from '../../runtime/wiring/dead-letters.ts';
import { followedCatalog } from '../../runtime/wiring/followed-catalog.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';
import { senderQueues } from '../../runtime/wiring/sender-queues.ts';
import { EnvSchema } from './env.ts';

type Env = z.infer<typeof EnvSchema>;

/** How long a page waits for an export: a job starts its last page after 30 s, and the function may run for 60. */
const EXPORT_WITHIN_MS = 20_000;

function build(env: Env): JobDeps {
  const [tables, queues] = [dynamo(), sqs()];
  const catalog = followedCatalog(tables, env);
  const profiles = profileStore(tables, env.PROFILES_TABLE);
  const runs = runStore(tables, env.RUNS_TABLE);
  const jobs = jobStore(tables, env.CATALOG_TABLE);
  const occurrences = occurrenceStore(tables, env.CATALOG_TABLE);
  return {
    jobs,
    profiles,
    runs,
    catalog,
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
      occurrences,
      pages: audiencePages(s3(), env.OBJECTS_BUCKET),
      catalog,
      clock: systemClock,
    },
    campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL),
    recounting: {
      messages: recordedMessages(tables, env.MESSAGES_TABLE),
      recounts: recountStore(tables, env.METRICS_TABLE),
      report: (drift) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [COUNTER_DRIFT]: drift }),
      clock: systemClock,
      log: logger,
    },
    removal: {
      definitions: definitionStore(tables, env.CATALOG_TABLE),
      machines: removedMachines(pacedSfn(), env.STATE_MACHINE_ARN_PREFIX),
      machinePrefix: env.MACHINE_PREFIX,
      reportRemoved: (versions) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [MACHINES_REMOVED]: versions }),
      clock: systemClock,
      log: logger,
    },
    exporting: {
      facts: factQueries(lambda(), env.QUERY_FACTS_FUNCTION_NAME, EXPORT_WITHIN_MS),
      exports: exportStore(s3(), env.OBJECTS_BUCKET),
      parts: exportParts(s3(), env.OBJECTS_BUCKET),
      jobs,
      profiles,
      profilePages: profilePages(tables, env.PROFILES_TABLE),
      occurrences,
      catalog,
      clock: systemClock,
      log: logger,
    },
    queue: queue(queues, env.JOBS_QUEUE_URL),
    pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
    clock: systemClock,
  };
}

const buildNightly = (env: Env): StartRecountsDeps & StartRemovalsDeps => ({
  definitions: definitionStore(dynamo(), env.CATALOG_TABLE),
  log: logger,
  jobs: jobStore(dynamo(), env.CATALOG_TABLE),
  messages: recordedMessages(dynamo(), env.MESSAGES_TABLE),
  queues: { jobs: queue(sqs(), env.JOBS_QUEUE_URL) },
  clock: systemClock,
});

/** One that fails does not keep the other from starting. */
async function startNightly(deps: StartRecountsDeps & StartRemovalsDeps): Promise<void> {
  const started = await Promise.allSettled([startRecounts(deps), startRemovals(deps)]);
  for (const one of started) if (one.status === 'rejected') throw one.reason;
}

const onQueue = queueHandler({ env: EnvSchema, body: JobsMessageSchema, build, handle: runJob });
const everyNight = taskHandler({ env: EnvSchema, build: buildNightly, handle: startNightly });

/** SQS `jobs` (standard): at least once, in any order. EventBridge Scheduler, every night, at least once: starts the recount, and the removal of state machines. */
export const handler = (event: unknown, context: Context): Promise<unknown> =>
  isFromQueue(event) ? onQueue(event, context) : everyNight(event, context);

const isFromQueue = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && 'Records' in event;
