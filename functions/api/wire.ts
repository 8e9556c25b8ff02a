import { randomBytes } from 'node:crypto';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type * as z from 'zod';
import { auditLog } from '../shared/adapters/audit.dynamo.ts';
import { catalogStore } from '../shared/adapters/catalog.dynamo.ts';
import { couponStore } from '../shared/adapters/coupons.dynamo.ts';
import { definitionStore } from '../shared/adapters/definitions.dynamo.ts';
import { eventNames } from '../shared/adapters/event-names.dynamo.ts';
import { factsQueue } from '../shared/adapters/facts.sqs.ts';
import { idempotency } from '../shared/adapters/idempotency.dynamo.ts';
import { jobStore } from '../shared/adapters/jobs.dynamo.ts';
import { liveRules } from '../shared/adapters/live-rules.dynamo.ts';
import { machines } from '../shared/adapters/machines.sfn.ts';
import { messageStore } from '../shared/adapters/messages.dynamo.ts';
import { metricsStore } from '../shared/adapters/metrics.dynamo.ts';
import { mjmlCompiler } from '../shared/adapters/mjml.lambda.ts';
import { profilePages } from '../shared/adapters/profile-pages.dynamo.ts';
import { profileStore } from '../shared/adapters/profiles.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { taskStore } from '../shared/adapters/tasks.dynamo.ts';
import { writeKeys } from '../shared/adapters/write-keys.dynamo.ts';
import { dynamo, sfn, sqs } from '../shared/aws.ts';
import { systemClock, systemSequence } from '../shared/clock.ts';
import { logger } from '../shared/log.ts';
import { triggerRun } from '../shared/profiles/trigger-run.ts';
import { profileDeps } from '../shared/profiles/wire.ts';
import type { Deps } from './deps.ts';
import type { EnvSchema } from './env.ts';

/** The API's dependencies over AWS. */
export function apiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const queues = sqs();
  const catalog = env.CATALOG_TABLE;
  const shared = { table: catalog, clock: systemClock };
  const messages = messageStore(tables, env.MESSAGES_TABLE);
  const senders = {
    email: queue(queues, env.SEND_EMAIL_NOW_QUEUE_URL),
    sms: queue(queues, env.SEND_SMS_NOW_QUEUE_URL),
    push: queue(queues, env.SEND_PUSH_NOW_QUEUE_URL),
  };
  const entering = profileDeps({ ...env, POINTER_MAX_AGE_MS: 0 });
  return {
    definitions: definitionStore(tables, catalog),
    rules: liveRules(tables, catalog),
    catalog: catalogStore(tables, { ...shared, pointerMaxAgeMs: 0 }),
    coupons: couponStore(tables, catalog),
    tasks: taskStore(tables, catalog),
    audit: auditLog(tables, catalog),
    keys: writeKeys(tables, { ...shared, maxAgeMs: 0 }),
    idempotency: idempotency(tables, catalog),
    machines: machines(sfn(), { arnPrefix: env.STATE_MACHINE_ARN_PREFIX, roleArn: env.JOURNEYS_ROLE_ARN }),
    mjml: mjmlCompiler(new LambdaClient({ maxAttempts: 2 }), env.MJML_FUNCTION_NAME),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    profilePages: profilePages(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    messages,
    jobs: jobStore(tables, catalog),
    eventNames: eventNames(tables, catalog),
    metrics: metricsStore(tables, env.METRICS_TABLE),
    queues: {
      events: queue(queues, env.EVENTS_QUEUE_URL),
      enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
      facts: factsQueue(queues, env.FACTS_QUEUE_URL),
      jobs: queue(queues, env.JOBS_QUEUE_URL),
      send: senders,
    },
    functions: { stepArn: env.STEP_FUNCTION_ARN, armArn: env.ARM_FUNCTION_ARN, machinePrefix: env.MACHINE_PREFIX },
    trigger: (input) => triggerRun(entering, input),
    rolesClaim: env.ROLES_CLAIM,
    clock: systemClock,
    sequence: systemSequence,
    log: logger,
    random: (bytes) => randomBytes(bytes).toString('base64url'),
  };
}
