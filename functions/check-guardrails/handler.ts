import type { Context, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';
import { cohortStore } from '../../adapters/dynamo/cohorts.ts';
import { dueChecks } from '../../adapters/dynamo/due-checks.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { SILENT_ENTRY_EVENTS } from '../../core/metrics/entry-event-counts.ts';
import { type CheckGuardrailsDeps, checkDue, checkScopes } from '../../engine/guardrails/check-guardrails.ts';
import { GuardrailsMessageSchema } from '../../engine/guardrails/guardrails-message.ts';
import { dynamo } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { batchHandler } from '../../runtime/handlers/queue-handler.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { pausingDeps } from '../../runtime/wiring/pausing.ts';
import { EnvSchema } from './env.ts';

function build(env: z.infer<typeof EnvSchema>): CheckGuardrailsDeps {
  const tables = dynamo();
  return {
    ...pausingDeps(env),
    cohorts: cohortStore(tables, env.METRICS_TABLE),
    checks: dueChecks(tables, env.CATALOG_TABLE, systemClock),
    metrics: metricsStore(tables, env.METRICS_TABLE),
    reportSilent: () => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [SILENT_ENTRY_EVENTS]: 1 }),
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
