import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/admin-api/env.ts';
import { emailIdentitiesEnv } from '../../channels/email.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { deadLetterAccess, LOOK_AT_DEAD_LETTERS } from '../dead-letter-access.ts';
import { READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

interface Props extends ApiParts {
  /** `compile-mjml`. */
  compileMjml: IFunction;
}

export class AdminApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, compileMjml }: Props) {
    const deadLetters = deadLetterAccess(scope, { prefix: config.prefix, queues });
    super(scope, id, {
      name: 'admin-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: definitions, settings, keys',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        ...deadLetters.environment,
        COMPILE_MJML_FUNCTION_NAME: compileMjml.functionName,
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
        ROLES_CLAIM: config.rolesClaim,
        ...emailIdentitiesEnv(config),
      },
    });
    this.allowItems(READ_WRITE_DELETE, stores.catalog.arn, [
      ...CATALOG.rules,
      ...CATALOG.definitions,
      ...CATALOG.idempotency,
      ...CATALOG.writeKey,
      ...CATALOG.writeKeys,
    ])
      .allowItems(READ_WRITE, stores.catalog.arn, [...CATALOG.coupons, ...CATALOG.jobs, ...CATALOG.alerts])
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit)
      .allowItems(READ, stores.catalog.arn, [...CATALOG.eventNames, ...CATALOG.occurrences, ...CATALOG.pilots])
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.secretIds)
      .allowBlindWrites(stores.catalog.arn, CATALOG.secretValues)
      .allow(['dynamodb:Query'], [stores.catalog.index('kind')])
      .allow(['sqs:SendMessage'], [queues.jobs.queue.queueArn])
      .allow(LOOK_AT_DEAD_LETTERS, deadLetters.deadLetterArns)
      .allow(['lambda:InvokeFunction'], [compileMjml.functionArn])
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn]);
  }
}
