import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { EnvSchema as AdvanceRunEnv } from '../../../functions/advance-run/env.ts';
import { EnvSchema as RegisterTaskTokenEnv } from '../../../functions/register-task-token/env.ts';
import { EnvSchema as StartRunEnv } from '../../../functions/start-run/env.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { allowTracing } from '../observed-functions.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { READ, READ_WRITE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { arnsOf, CONSUMER_TIMEOUT } from './engine-queues.ts';
import { type JourneyMachineArns, WHY_MACHINE_PATTERN } from './journey-machine-arns.ts';

/** Timeout of a task of the journeys' machines. */
const TASK_TIMEOUT = seconds(30);

/** Starts runs and takes them from stop to stop: three functions, and the role of the journeys' machines. */
export class JourneyRunner extends Construct {
  readonly advanceRun: CairnFunction<typeof AdvanceRunEnv>;
  readonly registerTaskToken: CairnFunction<typeof RegisterTaskTokenEnv>;
  readonly role: Role;
  readonly machines: JourneyMachineArns;
  private readonly parts: EngineParts;

  constructor(scope: Construct, id: string, parts: EngineParts) {
    super(scope, id);
    this.parts = parts;
    this.machines = parts.machines;
    this.startRun();
    this.advanceRun = this.makeAdvanceRun();
    this.registerTaskToken = this.makeRegisterTaskToken();
    this.role = this.makeRole();
  }

  private startRun(): void {
    const { config, queues, machines } = this.parts;
    const fn = new CairnFunction(this, 'StartRun', {
      name: 'start-run',
      prefix: config.prefix,
      schema: StartRunEnv,
      description: 'Starts a leg of a run',
      timeout: CONSUMER_TIMEOUT.enrolments,
      environment: {
        ...this.stopEnvironment,
        STATE_MACHINE_ARN_PREFIX: machines.arnPrefix,
        MACHINE_PREFIX: config.prefix,
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.enrolments.deadLetters.queueUrl },
    })
      .allow(['states:StartExecution'], [machines.arnPattern], WHY_MACHINE_PATTERN)
      .allowItems(READ_WRITE, this.parts.stores.catalog.arn, [...CATALOG.throttles, ...CATALOG.pilots]);
    this.allowStops(fn);
    // About 200 starts a second: most Regions start 150 to 300 executions, and a backlog waits on the queue.
    queues.enrolments.addConsumer(fn, { size: 10, maxConcurrency: 10 });
  }

  private makeAdvanceRun() {
    const fn = new CairnFunction(this, 'AdvanceRun', {
      name: 'advance-run',
      prefix: this.parts.config.prefix,
      schema: AdvanceRunEnv,
      description: 'Decides and carries out a run from one stop to the next',
      timeout: TASK_TIMEOUT,
      environment: this.stopEnvironment,
    });
    this.allowStops(fn);
    return fn;
  }

  private makeRegisterTaskToken() {
    const { config, stores, machines } = this.parts;
    return new CairnFunction(this, 'RegisterTaskToken', {
      name: 'register-task-token',
      prefix: config.prefix,
      schema: RegisterTaskTokenEnv,
      description: 'Stores the token of a run that waits for an event',
      timeout: TASK_TIMEOUT,
      environment: this.runEnvironment,
    })
      .allow(READ_WRITE, [stores.runs.arn])
      .allow(READ, [stores.profiles.arn])
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allow(['states:SendTaskSuccess'], [machines.arnPattern], WHY_MACHINE_PATTERN);
  }

  private makeRole(): Role {
    const { config, machines } = this.parts;
    const role = new Role(this, 'JourneysRole', {
      roleName: `${config.prefix}-journeys`,
      path: '/cairn/',
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnLike: { 'aws:SourceArn': machines.arnPattern },
        },
      }),
      description: 'What the state machines of journeys may do: invoke advance-run and register-task-token',
    });
    const tasks = [this.advanceRun, this.registerTaskToken].map(({ fn }) => fn.functionArn);
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: tasks }));
    if (config.tracing) allowTracing(role, { samples: true });
    return role;
  }

  private get runEnvironment() {
    const { stores } = this.parts;
    return {
      ...rulesEnvironment(stores),
      PROFILES_TABLE: stores.profiles.name,
      RUNS_TABLE: stores.runs.name,
    };
  }

  /** For functions that carry out what a run does at a stop. */
  private get stopEnvironment() {
    const { stores, queues } = this.parts;
    return {
      ...this.runEnvironment,
      ...queues.sendersEnvironment,
      MESSAGES_TABLE: stores.messages.name,
      EVENTS_QUEUE_URL: queues.events.url,
      ENROLMENTS_QUEUE_URL: queues.enrolments.url,
      WEBHOOKS_QUEUE_URL: queues.webhooks.url,
      METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
    };
  }

  private allowStops<Schema extends z.ZodObject>(fn: CairnFunction<Schema>): void {
    const { stores, queues } = this.parts;
    const called = arnsOf([queues.events, queues.enrolments, queues.metricEvents, queues.webhooks]);
    fn.allow(READ_WRITE, [stores.runs.arn])
      .allow(READ, [stores.profiles.arn, stores.messages.arn])
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allowItems(READ_WRITE, stores.catalog.arn, [...CATALOG.coupons, ...CATALOG.tasks])
      .allow(['sqs:SendMessage'], [...called, ...queues.senderArns]);
  }
}
