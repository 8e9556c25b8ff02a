import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { EnvSchema } from '../../../functions/campaigns-api/env.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { arnsOf } from '../processing/engine-queues.ts';
import { READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

interface Props extends ApiParts {
  /** `plan-campaign`. */
  planner: IFunction;
}

export class CampaignsApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, planner }: Props) {
    super(scope, id, {
      name: 'campaigns-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: campaigns from draft to archived, their plans and occurrences',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        PLAN_CAMPAIGN_FUNCTION_NAME: planner.functionName,
        METRICS_TABLE: stores.metrics.name,
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
        JOBS_QUEUE_URL: queues.jobs.url,
        CAMPAIGNS_QUEUE_URL: queues.campaigns.url,
        ...queues.sendersEnvironment,
        ROLES_CLAIM: config.rolesClaim,
      },
    });
    this.allowItems(READ_WRITE_DELETE, stores.catalog.arn, [
      ...CATALOG.rules,
      ...CATALOG.definitions,
      ...CATALOG.idempotency,
      ...CATALOG.occurrences,
    ])
      .allowItems(READ_WRITE, stores.catalog.arn, CATALOG.jobs)
      .allowItems(READ, stores.catalog.arn, CATALOG.eventNames)
      .allowItems(['dynamodb:PutItem', 'dynamodb:DeleteItem'], stores.catalog.arn, CATALOG.wakes)
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit)
      .allow(['dynamodb:Query'], [stores.metrics.arn])
      .allow(READ, [stores.profiles.arn])
      .allow(['lambda:InvokeFunction'], [planner.functionArn])
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], arnsOf([queues.jobs, queues.campaigns]))
      .allow(['sqs:GetQueueAttributes'], arnsOf(CHANNELS.map((channel) => queues.senders[channel].bulk)));
  }
}
