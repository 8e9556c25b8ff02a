import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { dayToCheck, LAKE_DRIFT } from '../../core/results/lake-drift.ts';
import { compactLake } from '../../engine/results/compact.ts';
import { checkLake } from '../../engine/results/lake-drift.ts';
import { dynamo } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { lakeOf } from '../../runtime/wiring/lake.ts';
import { EnvSchema } from './env.ts';

/** EventBridge Scheduler, every hour. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    ...lakeOf(env),
    metrics: metricsStore(dynamo(), env.METRICS_TABLE),
    report: (drift: number) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [LAKE_DRIFT]: drift }),
    clock: systemClock,
    log: logger,
  }),
  async handle(deps, _scheduled: object) {
    const day = dayToCheck(deps.clock());
    if (day !== undefined) await checkLake(deps, day);
    await compactLake(deps);
  },
});
