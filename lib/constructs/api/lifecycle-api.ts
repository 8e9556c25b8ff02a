import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/lifecycle-api/env.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { arnsOf } from '../processing/engine-queues.ts';
import { WHY_MACHINE_PATTERN } from '../processing/journey-machine-arns.ts';
import type { JourneyRunner } from '../processing/journey-runner.ts';
import { READ, READ_WRITE, READ_WRITE_DELETE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { MarketersFunction, WRITE_AUDIT } from './marketers-function.ts';

interface Props extends ApiParts {
  journeys: JourneyRunner;
}

export class LifecycleApi extends MarketersFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, journeys }: Props) {
    const { role, machines, advanceRun, registerTaskToken } = journeys;
    super(scope, id, {
      name: 'lifecycle-api',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'The marketers’ API: journeys from draft to archived',
      environment: {
        CATALOG_TABLE: stores.catalog.name,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        EVENTS_QUEUE_URL: queues.events.url,
        JOBS_QUEUE_URL: queues.jobs.url,
        JOURNEYS_ROLE_ARN: role.roleArn,
        ADVANCE_RUN_FUNCTION_ARN: advanceRun.fn.functionArn,
        REGISTER_TASK_TOKEN_FUNCTION_ARN: registerTaskToken.fn.functionArn,
        MACHINE_PREFIX: config.prefix,
        STATE_MACHINE_ARN_PREFIX: machines.arnPrefix,
        TRACING: String(config.tracing),
        ROLES_CLAIM: config.rolesClaim,
      },
    });
    this.allowItems(READ_WRITE_DELETE, stores.catalog.arn, [
      ...CATALOG.rules,
      ...CATALOG.definitions,
      ...CATALOG.idempotency,
    ])
      .allowItems(READ_WRITE, stores.catalog.arn, CATALOG.jobs)
      .allowItems(WRITE_AUDIT, stores.catalog.arn, CATALOG.audit)
      .allowItems(READ, stores.catalog.arn, [...CATALOG.eventNames, ...CATALOG.secretIds])
      .allow(['sqs:SendMessage'], arnsOf([queues.jobs, queues.events]))
      .allow(READ, [stores.profiles.arn])
      // Runs that a migration would move.
      .allow(['dynamodb:BatchGetItem'], [stores.runs.arn])
      .allow(['dynamodb:Query'], [stores.runs.index('journey')])
      .allow(
        ['states:CreateStateMachine', 'states:UpdateStateMachine', 'states:TagResource'],
        [machines.arnPattern],
        WHY_MACHINE_PATTERN,
      )
      .allow(['iam:PassRole'], [role.roleArn], undefined, {
        StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' },
      });
  }
}
