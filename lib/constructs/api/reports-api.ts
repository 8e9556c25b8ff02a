import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/reports-api/env.ts';
import { sendsReportMails } from '../../channels/email-reports.ts';
import { CATALOG } from '../catalog-partitions.ts';
import type { Lake } from '../processing/lake.ts';
import { RULE_PARTITIONS } from '../rules-access.ts';
import { READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

export class ReportsApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, lake }: ApiParts & { lake: Lake }) {
    super(scope, id, {
      name: 'reports-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: reports of what was sent and what it brought, exports, jobs, report mails',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        METRICS_TABLE: stores.metrics.name,
        PROFILES_TABLE: stores.profiles.name,
        JOBS_QUEUE_URL: queues.jobs.queue.queueUrl,
        QUERY_FACTS_FUNCTION_NAME: lake.queryFacts.fn.functionName,
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
        ROLES_CLAIM: config.rolesClaim,
        REPORT_MAILS: sendsReportMails(config) ? 'yes' : 'no',
      },
    });
    this.allowItems(READ, stores.catalog.arn, [
      ...RULE_PARTITIONS,
      ...CATALOG.alerts,
      ...CATALOG.coupons,
      ...CATALOG.occurrences,
    ])
      .allowItems(READ_WRITE, stores.catalog.arn, [...CATALOG.costs, ...CATALOG.jobs])
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.reportSubscriptions)
      // When the next mail is due.
      .allowItems(['dynamodb:PutItem'], stores.catalog.arn, CATALOG.wakes)
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.idempotency)
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit)
      .allow(READ, [stores.metrics.arn, stores.profiles.arn])
      .allow(['dynamodb:Query'], [stores.profiles.index('membership')])
      .allow(['sqs:SendMessage'], [queues.jobs.queue.queueArn])
      .allow(['lambda:InvokeFunction'], [lake.queryFacts.fn.functionArn])
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn]);
  }
}
