import { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/dispatch-due/env.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import type { EngineParts } from './engine-parts.ts';
import { arnsOf } from './engine-queues.ts';
import { Schedule } from './schedule.ts';

/** Looks each minute for profiles, runs and wakes that fall due, and puts them on their queues. */
export class Dispatcher extends Construct {
  constructor(scope: Construct, id: string, { config, stores, queues }: EngineParts) {
    super(scope, id);
    const { fn } = new CairnFunction(this, 'DispatchDue', {
      name: 'dispatch-due',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Hands on what falls due',
      timeout: seconds(55),
      environment: {
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        CATALOG_TABLE: stores.catalog.name,
        DUE_QUEUE_URL: queues.due.url,
        ENROLMENTS_QUEUE_URL: queues.enrolments.url,
        JOBS_QUEUE_URL: queues.jobs.url,
        CAMPAIGNS_QUEUE_URL: queues.campaigns.url,
        REPORT_MAILS_QUEUE_URL: queues.reportMails.url,
      },
    })
      .allow(['dynamodb:Query'], [stores.profiles.index('due'), stores.runs.index('due'), stores.catalog.index('due')])
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [stores.runs.arn])
      .allowItems(['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.wakes)
      .allow(
        ['sqs:SendMessage'],
        arnsOf([queues.due, queues.enrolments, queues.jobs, queues.campaigns, queues.reportMails]),
      );
    new Schedule(this, 'EveryMinute', 'rate(1 minute)', fn);
  }
}
