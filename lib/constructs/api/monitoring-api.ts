import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/monitoring-api/env.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { AUDIENCES } from '../processing/jobs.ts';
import { RULE_PARTITIONS } from '../rules-access.ts';
import { READ } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction } from './marketers-function.ts';

/** It only reads. */
export class MonitoringApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores }: Pick<ApiParts, 'config' | 'stores'>) {
    super(scope, id, {
      name: 'monitoring-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: guardrails, recipients, schedule, audit log',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        MESSAGES_TABLE: stores.messages.name,
        METRICS_TABLE: stores.metrics.name,
        OBJECTS_BUCKET: stores.objects.name,
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
        ROLES_CLAIM: config.rolesClaim,
      },
    });
    this.allowItems(READ, stores.catalog.arn, [
      ...RULE_PARTITIONS,
      ...CATALOG.occurrences,
      ...CATALOG.jobs,
      ...CATALOG.audit,
    ])
      .allow(['dynamodb:Query'], [stores.catalog.index('kind'), stores.profiles.index('membership')])
      .allow(READ, [stores.metrics.arn, stores.profiles.arn])
      .allow(['dynamodb:BatchGetItem'], [stores.runs.arn, stores.messages.arn])
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn]);
    stores.objects.grantRead(this, AUDIENCES);
  }
}
