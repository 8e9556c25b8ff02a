import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';
import { bounded } from '../../adapters/client-options.ts';
import { alertStore } from '../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../adapters/dynamo/audit.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { cohortStore } from '../../adapters/dynamo/cohorts.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { dueChecks } from '../../adapters/dynamo/due-checks.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { alertTopic } from '../../adapters/sns/alert-topic.ts';
import { type CheckGuardrailsDeps, checkDue, checkScopes } from '../../engine/guardrails/check-guardrails.ts';
import { GuardrailsMessageSchema } from '../../engine/guardrails/guardrails-message.ts';
import { dynamo } from '../../runtime/aws.ts';
import { catalogChanges } from '../../runtime/catalog-changes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { batchHandler } from '../../runtime/handlers/queue-handler.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

function build(env: z.infer<typeof EnvSchema>): CheckGuardrailsDeps {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  return {
    catalog: catalogStore(tables, {
      table,
      pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
      changes: catalogChanges,
      clock: systemClock,
    }),
    cohorts: cohortStore(tables, env.METRICS_TABLE),
    checks: dueChecks(tables, table, systemClock),
    alerts: alertStore(tables, table),
    topic: alertTopic(new SNSClient(bounded), env.ALERTS_TOPIC_ARN),
    rules: liveRules(tables, table),
    definitions: definitionStore(tables, table),
    audit: auditLog(tables, table),
    clock: systemClock,
  };
}

const onQueue = batchHandler({
  env: EnvSchema,
  body: GuardrailsMessageSchema,
  build,
  handleAll: (deps, bodies) =>
    checkScopes(
      deps,
      bodies.flatMap(({ scopes }) => scopes),
    ),
});
const onSchedule = taskHandler({ env: EnvSchema, build, handle: checkDue });

/** SQS `guardrails` (standard), and EventBridge Scheduler, every minute, at least once. */
export const handler = (event: unknown, context: Context): Promise<unknown> =>
  isFromQueue(event) ? onQueue(event, context) : onSchedule(event, context);

const isFromQueue = (event: unknown): event is SQSEvent =>
  typeof event === 'object' && event !== null && 'Records' in event;
