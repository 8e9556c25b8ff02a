import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { EnvSchema } from '../../../functions/run-campaign/env.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CAMPAIGNS_PARTITIONS, CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { PUT, READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { arnsOf, CONSUMER_TIMEOUT } from './engine-queues.ts';
import { AUDIENCES } from './jobs.ts';

/** Begins the occurrences of campaigns, and hands their audiences to the senders, a few seconds' work at a time. */
export class Campaigns extends Construct {
  constructor(scope: Construct, id: string, { config, stores, queues, alerts }: EngineParts & { alerts: ITopic }) {
    super(scope, id);
    const bulk = CHANNELS.map((channel) => queues.senders[channel].bulk);
    const fn = new CairnFunction(this, 'RunCampaign', {
      name: 'run-campaign',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Begins campaigns, and hands their audiences to the senders',
      timeout: CONSUMER_TIMEOUT.campaigns,
      recursionBoundedBy: 'the audience of an occurrence: each tick goes on where the last one stopped',
      environment: {
        ...rulesEnvironment(stores),
        ...queues.sendersEnvironment,
        METRICS_TABLE: stores.metrics.name,
        ALERTS_TOPIC_ARN: alerts.topicArn,
        OBJECTS_BUCKET: stores.objects.name,
        JOBS_QUEUE_URL: queues.jobs.url,
        CAMPAIGNS_QUEUE_URL: queues.campaigns.url,
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.campaigns.deadLetters.queueUrl },
    })
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allowItems(READ_WRITE, stores.catalog.arn, CATALOG.jobs)
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.occurrences)
      .allowItems(['dynamodb:PutItem', 'dynamodb:DeleteItem'], stores.catalog.arn, CATALOG.wakes)
      // A pause for its budget: in the rules' pointer, in its head, and an alert.
      .allowItems(['dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.pointer)
      .allowItems(PUT, stores.catalog.arn, [...CAMPAIGNS_PARTITIONS, ...CATALOG.audit])
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.alerts)
      .allow(['sns:Publish'], [alerts.topicArn])
      .allow(['dynamodb:Query'], [stores.metrics.arn])
      .allow(['sqs:SendMessage'], arnsOf([queues.jobs, queues.campaigns, ...bulk]))
      .allow(['sqs:GetQueueAttributes'], arnsOf(bulk));
    stores.objects.grantRead(fn, AUDIENCES);
    stores.objects.grantWrite(fn, AUDIENCES);
    queues.campaigns.addConsumer(fn, { size: 1, maxConcurrency: 8 });
  }
}
