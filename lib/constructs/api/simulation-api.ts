import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/simulation-api/env.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS } from '../rules-access.ts';
import { READ } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

interface Props extends Pick<ApiParts, 'config' | 'stores'> {
  /** `run-simulation`. */
  simulation: IFunction;
}

export class SimulationApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, simulation }: Props) {
    super(scope, id, {
      name: 'simulation-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: what would happen, what would be sent; reads only',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        RUN_SIMULATION_FUNCTION_NAME: simulation.functionName,
        ROLES_CLAIM: config.rolesClaim,
      },
    });
    this.allow(READ, [stores.profiles.arn, stores.runs.arn])
      .allowItems(READ, stores.catalog.arn, [
        ...RULE_PARTITIONS,
        ...CATALOG.coupons,
        ...CATALOG.eventNames,
        ...CATALOG.secretIds,
      ])
      .allow(['lambda:InvokeFunction'], [simulation.functionArn])
      // Refusals are recorded.
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit);
  }
}
