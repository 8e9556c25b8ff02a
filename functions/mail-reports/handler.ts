import { alertList } from '../../adapters/dynamo/alerts.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { cellStore } from '../../adapters/dynamo/cells.ts';
import { costStore } from '../../adapters/dynamo/costs.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { reportMails, reportSubscriptions } from '../../adapters/dynamo/report-subscriptions.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { factQueries } from '../../adapters/lambda/fact-queries.ts';
import { reportMailer } from '../../adapters/ses/report-mails.ts';
import { mailReport, ReportMailMessageSchema } from '../../engine/results/mail-reports.ts';
import { dynamo, lambda, ses } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** SQS `report-mails` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: ReportMailMessageSchema,
  build: (env) => {
    const tables = dynamo();
    const table = env.CATALOG_TABLE;
    return {
      subscriptions: reportSubscriptions(tables, table),
      mails: reportMails(tables, table),
      wakes: wakeStore(tables, table),
      mailer: reportMailer(env.EMAIL_FROM, ses(), logger),
      alerts: alertList(tables, table),
      catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
      cells: cellStore(tables, env.METRICS_TABLE),
      costs: costStore(tables, table),
      definitions: definitionStore(tables, table),
      facts: factQueries(lambda(), env.QUERY_FACTS_FUNCTION_NAME),
      clock: systemClock,
      log: logger,
    };
  },
  handle: mailReport,
});
