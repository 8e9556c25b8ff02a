import { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/webhook/env.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import type { EngineParts } from './engine-parts.ts';
import { arnsOf, CONSUMER_TIMEOUT } from './engine-queues.ts';

/** Calls the addresses that journeys name. */
export class Webhooks extends Construct {
  constructor(scope: Construct, id: string, { config, stores, queues }: EngineParts) {
    super(scope, id);
    const fn = new CairnFunction(this, 'Webhook', {
      name: 'webhook',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Calls the addresses that journeys name',
      timeout: CONSUMER_TIMEOUT.webhooks,
      recursionBoundedBy: 'five tries a call, and the lease of each',
      environment: {
        RUNS_TABLE: stores.runs.name,
        CATALOG_TABLE: stores.catalog.name,
        EVENTS_QUEUE_URL: queues.events.url,
        WEBHOOKS_QUEUE_URL: queues.webhooks.url,
        WEBHOOK_SECRET_ARN: stores.webhookSecret.secretArn,
        WEBHOOK_HOSTS: config.webhookHosts.join(','),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.webhooks.deadLetters.queueUrl },
    })
      .allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [stores.runs.arn])
      .allowItems(['dynamodb:GetItem'], stores.catalog.arn, CATALOG.secretValues)
      .allow(['secretsmanager:GetSecretValue'], [stores.webhookSecret.secretArn])
      .allow(['sqs:SendMessage'], arnsOf([queues.events, queues.webhooks]));
    queues.webhooks.addConsumer(fn, { size: 1, maxConcurrency: 20 });
  }
}
