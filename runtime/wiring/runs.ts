import type * as z from 'zod';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { RunDeps } from '../../engine/runs/deps.ts';
import { dynamo, sqs } from '../aws.ts';
import { systemClock, systemSequence } from '../clock.ts';
import { logger } from '../log.ts';
import { followedCatalog } from './followed-catalog.ts';
import { metricEvents } from './metric-events.ts';
import type { RunsEnvSchema } from './runs-env.ts';
import { senderQueues } from './sender-queues.ts';

/** Builds the dependencies of runs, over AWS. */
export function runDeps(env: z.infer<typeof RunsEnvSchema>): RunDeps {
  const tables = dynamo();
  const queues = sqs();
  return {
    runs: runStore(tables, env.RUNS_TABLE),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    catalog: followedCatalog(tables, env),
    coupons: couponStore(tables, env.CATALOG_TABLE),
    messages: messageStore(tables, env.MESSAGES_TABLE),
    tasks: taskStore(tables, env.CATALOG_TABLE),
    senders: senderQueues(queues, env),
    events: queue(queues, env.EVENTS_QUEUE_URL),
    enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
    webhooks: queue(queues, env.WEBHOOKS_QUEUE_URL),
    metricEvents: metricEvents(env),
    clock: systemClock,
    sequence: systemSequence,
    log: logger,
  };
}
