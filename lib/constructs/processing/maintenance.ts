import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { EnvSchema as HandleFailedExecutionEnv } from '../../../functions/handle-failed-execution/env.ts';
import { EnvSchema as RecoverLostRunsEnv } from '../../../functions/recover-lost-runs/env.ts';
import { EnvSchema as StopExecutionsEnv } from '../../../functions/stop-executions/env.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import type { EngineParts } from './engine-parts.ts';
import { CONSUMER_TIMEOUT } from './engine-queues.ts';
import { WHY_ALL_MACHINES, WHY_MACHINE_PATTERN } from './journey-machine-arns.ts';
import { Schedule } from './schedule.ts';

/** Keeps runs and executions in step: handles lost executions and stops executions of closed runs. */
export class Maintenance extends Construct {
  private readonly parts: EngineParts;

  constructor(scope: Construct, id: string, parts: EngineParts) {
    super(scope, id);
    this.parts = parts;
    this.handleFailedExecutions();
    this.recoverLostRuns();
    this.stopExecutions();
  }

  private handleFailedExecutions(): void {
    const { config, machines } = this.parts;
    const { fn } = this.allowParking(
      new CairnFunction(this, 'HandleFailedExecution', {
        name: 'handle-failed-execution',
        prefix: config.prefix,
        schema: HandleFailedExecutionEnv,
        description: 'Parks a run whose execution was lost',
        timeout: seconds(30),
        environment: this.parkingEnvironment,
      }),
    );
    new Rule(this, 'ExecutionLost', {
      eventBus: EventBus.fromEventBusName(this, 'DefaultBus', 'default'),
      description: 'Executions of journeys that ended without their run',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [{ prefix: `${machines.arnPrefix}${config.prefix}-` }],
        },
      },
      targets: [new LambdaTarget(fn, { retryAttempts: 5, maxEventAge: Duration.hours(2) })],
    });
  }

  private recoverLostRuns(): void {
    const { config, machines } = this.parts;
    const { fn } = this.allowParking(
      new CairnFunction(this, 'RecoverLostRuns', {
        name: 'recover-lost-runs',
        prefix: config.prefix,
        schema: RecoverLostRunsEnv,
        description: 'Parks runs whose execution was lost without an event',
        timeout: Duration.minutes(15),
        environment: { ...this.parkingEnvironment, MACHINE_PREFIX: config.prefix },
      }),
    )
      .allow(['states:ListStateMachines'], ['*'], WHY_ALL_MACHINES)
      .allow(['states:ListExecutions'], [machines.arnPattern], WHY_MACHINE_PATTERN);
    new Schedule(this, 'EveryNight', 'cron(17 3 * * ? *)', fn);
  }

  private stopExecutions(): void {
    const { config, stores, queues, machines } = this.parts;
    const fn = new CairnFunction(this, 'StopExecutions', {
      name: 'stop-executions',
      prefix: config.prefix,
      schema: StopExecutionsEnv,
      description: 'Stops the executions of closed runs, and what is held and to do for them',
      timeout: CONSUMER_TIMEOUT.stopExecutions,
      environment: {
        ...queues.sendersEnvironment,
        RUNS_TABLE: stores.runs.name,
        MESSAGES_TABLE: stores.messages.name,
        CATALOG_TABLE: stores.catalog.name,
        STATE_MACHINE_ARN_PREFIX: machines.arnPrefix,
        MACHINE_PREFIX: config.prefix,
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.stopExecutions.deadLetters.queueUrl },
    })
      .allow(['dynamodb:GetItem'], [stores.runs.arn])
      .allow(['dynamodb:BatchGetItem'], [stores.messages.arn])
      .allow(['sqs:SendMessage'], queues.senderArns)
      .allowItems(['dynamodb:GetItem', 'dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.tasks)
      .allow(['states:StopExecution'], [machines.executionArnPattern], WHY_MACHINE_PATTERN);
    // Most Regions stop 25 executions a second.
    queues.stopExecutions.addConsumer(fn, { size: 10, maxConcurrency: 2 });
  }

  private get parkingEnvironment() {
    const { stores, queues } = this.parts;
    return { RUNS_TABLE: stores.runs.name, ENROLMENTS_QUEUE_URL: queues.enrolments.url };
  }

  private allowParking<Schema extends z.ZodObject>(fn: CairnFunction<Schema>): CairnFunction<Schema> {
    const { stores, queues } = this.parts;
    return fn
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [stores.runs.arn])
      .allow(['sqs:SendMessage'], [queues.enrolments.queue.queueArn]);
  }
}
