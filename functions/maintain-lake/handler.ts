import { cellStore } from '../../adapters/dynamo/cells.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { recountStore } from '../../adapters/dynamo/recounts.ts';
import { RECOUNT_AGES, REPORT_DRIFT } from '../../core/results/cell-drift.ts';
import { dayToCheck, LAKE_DRIFT } from '../../core/results/lake-drift.ts';
import { addDays } from '../../core/time/calendar.ts';
import { localDate } from '../../core/time/local.ts';
import type { CatalogStore } from '../../engine/definitions/ports.ts';
import { compactLake } from '../../engine/results/compact.ts';
import { checkLake } from '../../engine/results/lake-drift.ts';
import { type RecountCellsDeps, recountCells } from '../../engine/results/recount-cells.ts';
import { dynamo } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { followedCatalog } from '../../runtime/wiring/followed-catalog.ts';
import { lakeOf } from '../../runtime/wiring/lake.ts';
import { EnvSchema } from './env.ts';

/** EventBridge Scheduler, every hour. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    ...lakeOf(env),
    metrics: metricsStore(dynamo(), env.METRICS_TABLE),
    cells: cellStore(dynamo(), env.METRICS_TABLE),
    recounts: recountStore(dynamo(), env.METRICS_TABLE),
    catalog: followedCatalog(dynamo(), env),
    reportDrift: (drift: number) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [REPORT_DRIFT]: drift }),
    report: (drift: number) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, { [LAKE_DRIFT]: drift }),
    clock: systemClock,
    log: logger,
  }),
  async handle(deps, _scheduled: object) {
    const day = dayToCheck(deps.clock());
    if (day !== undefined) {
      await checkLake(deps, day);
      await recountReports(deps);
    }
    await compactLake(deps);
  },
});

async function recountReports(deps: RecountCellsDeps & { catalog: CatalogStore }): Promise<void> {
  const { timezone } = (await deps.catalog.snapshot()).snapshot.settings;
  const today = localDate(deps.clock(), timezone);
  for (const age of RECOUNT_AGES) await recountCells(deps, addDays(today, -age), timezone);
}
