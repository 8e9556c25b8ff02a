import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { EnvSchema } from '../../functions/mail-reports/env.ts';
import type { Config } from '../config.ts';
import { CairnFunction } from '../constructs/cairn-function.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import { CONSUMER_TIMEOUT, type EngineQueues } from '../constructs/processing/engine-queues.ts';
import type { Lake } from '../constructs/processing/lake.ts';
import { RULE_PARTITIONS } from '../constructs/rules-access.ts';
import type { Stores } from '../constructs/stores.ts';
import { READ } from '../constructs/table-access.ts';
import { allowEmail, fromOf } from './email.ts';

/** Whether the deployment can send report mails: without e-mail there is nobody to send them. */
export const sendsReportMails = ({ channels }: Pick<Config, 'channels'>): boolean => channels.includes('email');

interface Props {
  config: Config;
  stores: Stores;
  queues: EngineQueues;
  lake: Lake;
}

/**
 * Sends reports to those who subscribed to them. Without e-mail it is there all the same, and may call nobody: what stacks export to each other must
 * not depend on the channels.
 */
export class ReportMails extends Construct {
  constructor(scope: Construct, id: string, { config, stores, queues, lake }: Props) {
    super(scope, id);
    const fn = new CairnFunction(this, 'MailReports', {
      name: 'mail-reports',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Sends the report mails that are due',
      timeout: CONSUMER_TIMEOUT.reportMails,
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        METRICS_TABLE: stores.metrics.name,
        QUERY_FACTS_FUNCTION_NAME: lake.queryFacts.fn.functionName,
        EMAIL_FROM: fromOf(config.emailFrom),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.reportMails.deadLetters.queueUrl },
    })
      .allowItems(READ, stores.catalog.arn, [...RULE_PARTITIONS, ...CATALOG.alerts, ...CATALOG.costs])
      .allowItems(['dynamodb:GetItem', 'dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.reportSubscriptions)
      .allowItems(['dynamodb:PutItem', 'dynamodb:DeleteItem'], stores.catalog.arn, CATALOG.wakes)
      .allowItems(
        ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
        stores.catalog.arn,
        CATALOG.reportMails,
      )
      .allow(READ, [stores.metrics.arn])
      .allow(['lambda:InvokeFunction'], [lake.queryFacts.fn.functionArn]);
    if (sendsReportMails(config)) allowEmail(fn, config, Stack.of(this));
    queues.reportMails.addConsumer(fn, { size: 1, maxConcurrency: 2 });
  }
}
