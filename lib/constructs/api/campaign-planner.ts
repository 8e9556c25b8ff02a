import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/plan-campaign/env.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS } from '../rules-access.ts';
import { READ } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';

/** Says what a campaign would do. It only reads. */
export class CampaignPlanner extends CairnFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores }: Pick<ApiParts, 'config' | 'stores'>) {
    super(scope, id, {
      name: 'plan-campaign',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Says what a campaign would do, for `campaigns-api`',
      // Within that of its callers.
      timeout: seconds(25),
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
      },
    });
    this.allowItems(READ, stores.catalog.arn, [
      ...RULE_PARTITIONS,
      ...CATALOG.jobs,
      ...CATALOG.eventNames,
      ...CATALOG.secretIds,
    ])
      .allow(READ, [stores.profiles.arn])
      .allow(['dynamodb:Query'], [stores.profiles.index('membership')])
      .allow(['dynamodb:BatchGetItem'], [stores.runs.arn]);
  }
}
