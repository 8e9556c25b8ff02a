import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profilePages } from '../../adapters/dynamo/profile-pages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { webhookLog } from '../../adapters/dynamo/webhook-log.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { triggerRun } from '../../engine/profiles/trigger-run.ts';
import { dynamo, sqs } from '../../runtime/aws.ts';
import { systemClock, systemSequence } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { randomText } from '../../runtime/random.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';
import { profileDeps } from '../../runtime/wiring/profiles.ts';
import { senderQueues } from '../../runtime/wiring/sender-queues.ts';
import type { EnvSchema } from './env.ts';

/** Dependencies of the routes that show and change customers. */
export type Deps = HttpDeps &
  Pick<
    Parts,
    | 'definitions'
    | 'catalog'
    | 'rules'
    | 'jobs'
    | 'tasks'
    | 'profiles'
    | 'profilePages'
    | 'runs'
    | 'webhookLog'
    | 'messages'
    | 'metricEvents'
    | 'trigger'
    | 'sequence'
    | 'random'
  > & { queues: Pick<Parts['queues'], 'events' | 'send'> };

export function profilesApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const queues = sqs();
  const table = env.CATALOG_TABLE;
  const entering = profileDeps({ ...env, POINTER_MAX_AGE_MS: 0 });
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
    jobs: jobStore(tables, table),
    tasks: taskStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    profilePages: profilePages(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    webhookLog: webhookLog(tables, env.RUNS_TABLE),
    messages: messageStore(tables, env.MESSAGES_TABLE),
    metricEvents: metricEvents(env),
    queues: {
      events: queue(queues, env.EVENTS_QUEUE_URL),
      send: senderQueues(queues, env),
    },
    trigger: (input) => triggerRun(entering, input),
    sequence: systemSequence,
    random: randomText,
  };
}
