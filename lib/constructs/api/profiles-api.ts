import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/profiles-api/env.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { type JourneyMachineArns, WHY_MACHINE_PATTERN } from '../processing/journey-machine-arns.ts';
import { RULE_PARTITIONS } from '../rules-access.ts';
import { READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

interface Props extends ApiParts {
  machines: JourneyMachineArns;
}

export class ProfilesApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, machines }: Props) {
    super(scope, id, {
      name: 'profiles-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: customers, messages, runs, tasks, audiences',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        MESSAGES_TABLE: stores.messages.name,
        ...queues.profileEnvironment,
        ...queues.sendersEnvironment,
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
        ROLES_CLAIM: config.rolesClaim,
      },
    });
    this.allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.idempotency)
      .allowItems(READ_WRITE, stores.catalog.arn, [...CATALOG.coupons, ...CATALOG.jobs, ...CATALOG.tasks])
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit)
      .allow(READ_WRITE, [stores.profiles.arn, stores.runs.arn, stores.messages.arn])
      .allow(['dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'], [stores.profiles.arn])
      .allow(['states:SendTaskSuccess'], [machines.arnPattern], WHY_MACHINE_PATTERN)
      .allow(
        ['dynamodb:Query'],
        [
          stores.profiles.index('membership'),
          ...['journey', 'profile'].map((name) => stores.runs.index(name)),
          ...['source', 'day'].map((name) => stores.messages.index(name)),
        ],
      )
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], [...queues.profileArns, ...queues.senderArns]);
  }
}
