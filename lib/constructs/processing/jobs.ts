import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { EXPORTS_PREFIX } from '../../../core/jobs/export-spec.ts';
import { MACHINE_TAG } from '../../../core/runs/machine-tag.ts';
import { EnvSchema } from '../../../functions/run-job/env.ts';
import { metricNamespaceOf } from '../alarms/metrics.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CATALOG, JOURNEYS_PARTITIONS } from '../catalog-partitions.ts';
import { deadLetterAccess, RECEIVE_DEAD_LETTERS } from '../dead-letter-access.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { READ, READ_WRITE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { CONSUMER_TIMEOUT } from './engine-queues.ts';
import { WHY_MACHINE_PATTERN } from './journey-machine-arns.ts';
import { Schedule } from './schedule.ts';

/** Prefix of the frozen audiences of campaigns. */
export const AUDIENCES = 'campaigns/';

/** Jobs process many profiles, runs or messages; every night one counts messages again, and others remove state machines. */
export class Jobs extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, stores, queues, machines, queryFacts }: EngineParts & { queryFacts: IFunction },
  ) {
    super(scope, id);
    const deadLetters = deadLetterAccess(this, { prefix: config.prefix, queues });
    const fn = new CairnFunction(this, 'RunJob', {
      name: 'run-job',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Goes through many profiles, page by page',
      timeout: CONSUMER_TIMEOUT.jobs,
      recursionBoundedBy: 'the pages of a job: each message goes on where the last one stopped',
      environment: {
        ...rulesEnvironment(stores),
        ...queues.profileEnvironment,
        ...queues.sendersEnvironment,
        PROFILES_TABLE: stores.profiles.name,
        RUNS_TABLE: stores.runs.name,
        MESSAGES_TABLE: stores.messages.name,
        METRICS_TABLE: stores.metrics.name,
        METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
        OBJECTS_BUCKET: stores.objects.name,
        QUERY_FACTS_FUNCTION_NAME: queryFacts.functionName,
        CAMPAIGNS_QUEUE_URL: queues.campaigns.url,
        MACHINE_PREFIX: config.prefix,
        STATE_MACHINE_ARN_PREFIX: machines.arnPrefix,
        ...deadLetters.environment,
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.jobs.deadLetters.queueUrl },
    })
      .allowItems(READ_WRITE, stores.catalog.arn, CATALOG.jobs)
      .allowItems(READ, stores.catalog.arn, [...RULE_PARTITIONS, ...CATALOG.occurrences])
      .allowItems(['dynamodb:DeleteItem'], stores.catalog.arn, CATALOG.wakes)
      .allow(READ, [stores.messages.arn])
      .allow(
        ['dynamodb:Query'],
        [
          stores.profiles.index('membership'),
          stores.runs.index('journey'),
          stores.catalog.index('kind'),
          ...['held', 'day'].map((name) => stores.messages.index(name)),
        ],
      )
      // Machines that nobody needs any more: notes at their versions, and the machines with our tag.
      .allowItems(['dynamodb:UpdateItem'], stores.catalog.arn, JOURNEYS_PARTITIONS)
      .allow(['states:DeleteStateMachine'], [machines.arnPattern], WHY_MACHINE_PATTERN, {
        StringEquals: { [`aws:ResourceTag/${MACHINE_TAG}`]: config.prefix },
      })
      // A recount.
      .allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [stores.metrics.arn])
      .allow([...READ, 'dynamodb:DeleteItem'], [stores.profiles.arn])
      .allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], [stores.runs.arn])
      // Its own messages among them, and what a redrive sends.
      .allow(['sqs:SendMessage'], deadLetters.queueArns)
      .allow([...RECEIVE_DEAD_LETTERS, 'sqs:DeleteMessage'], deadLetters.deadLetterArns);
    // If two invocations collect one page, the second goes on from what the first has written.
    stores.objects.grantRead(fn, AUDIENCES);
    stores.objects.grantWrite(fn, AUDIENCES);
    // Exports: whether one is there, and the parts of those of customers.
    stores.objects.grantRead(fn, EXPORTS_PREFIX);
    stores.objects.grantWrite(fn, EXPORTS_PREFIX);
    fn.allow(['lambda:InvokeFunction'], [queryFacts.functionArn]);
    queues.jobs.addConsumer(fn, { size: 1, maxConcurrency: 8 });
    new Schedule(this, 'EveryNight', 'cron(23 3 * * ? *)', fn.fn, 3);
  }
}
