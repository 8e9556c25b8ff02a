import type * as z from 'zod';
import { catalogStore } from '../shared/adapters/catalog.dynamo.ts';
import { definitionStore } from '../shared/adapters/definitions.dynamo.ts';
import { jobStore } from '../shared/adapters/jobs.dynamo.ts';
import { liveRules } from '../shared/adapters/live-rules.dynamo.ts';
import { messageStore } from '../shared/adapters/messages.dynamo.ts';
import { profilePages } from '../shared/adapters/profile-pages.dynamo.ts';
import { profileStore } from '../shared/adapters/profiles.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { taskStore } from '../shared/adapters/tasks.dynamo.ts';
import { webhookLog } from '../shared/adapters/webhook-log.dynamo.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { systemClock, systemSequence } from '../shared/clock.ts';
import { cursorsOf, httpDeps } from '../shared/http/wire.ts';
import { triggerRun } from '../shared/profiles/trigger-run.ts';
import { profileDeps } from '../shared/profiles/wire.ts';
import { randomText } from '../shared/random.ts';
import type { Deps } from './deps.ts';
import type { EnvSchema } from './env.ts';

export function peopleDeps(env: z.infer<typeof EnvSchema>): Deps {
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
    queues: {
      events: queue(queues, env.EVENTS_QUEUE_URL),
      send: {
        email: queue(queues, env.SEND_EMAIL_NOW_QUEUE_URL),
        sms: queue(queues, env.SEND_SMS_NOW_QUEUE_URL),
        push: queue(queues, env.SEND_PUSH_NOW_QUEUE_URL),
      },
    },
    trigger: (input) => triggerRun(entering, input),
    sequence: systemSequence,
    random: randomText,
  };
}
