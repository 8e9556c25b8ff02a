import {
  type CfnElement,
  CfnResource,
  CustomResource,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { CHANNELS, type Channel } from '../../core/channels.ts';
import { MACHINE_TAG } from '../../core/runs/machine-tag.ts';
import { EnvSchema as StepEnv } from '../../functions/advance-run/env.ts';
import { EnvSchema as MachinesEnv } from '../../functions/delete-state-machines/env.ts';
import { EnvSchema as TickEnv } from '../../functions/dispatch-due/env.ts';
import { EnvSchema as RunFailedEnv } from '../../functions/handle-failed-execution/env.ts';
import { EnvSchema as DueEnv } from '../../functions/process-due-profiles/env.ts';
import { EnvSchema as TagEnv } from '../../functions/process-events/env.ts';
import { EnvSchema as SweepEnv } from '../../functions/recover-lost-runs/env.ts';
import { EnvSchema as ArmEnv } from '../../functions/register-task-token/env.ts';
import { EnvSchema as JobEnv } from '../../functions/run-job/env.ts';
import { EnvSchema as EnrolEnv } from '../../functions/start-run/env.ts';
import { EnvSchema as StopExecutionsEnv } from '../../functions/stop-executions/env.ts';
import { EnvSchema as WebhookEnv } from '../../functions/webhook/env.ts';
import type { Config } from '../config.ts';
import { CairnFunction, logGroupOf, seconds } from '../constructs/cairn-function.ts';
import { CairnQueue } from '../constructs/cairn-queue.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import { allowTracing } from '../constructs/observed-functions.ts';
import { READ, READ_WRITE } from '../constructs/table-access.ts';
import type { DataStack } from './data-stack.ts';

/** Why a statement names the journeys' machines by a pattern. */
export const MADE_AT_RUN_TIME = 'Journeys’ machines are made at run time; their names begin with the prefix.';
const LISTING = 'Listing state machines takes no resource.';
/** How old a copy of the rules' pointer may be. */
export const POINTER_MAX_AGE_MS = '5000';
const TIMEOUT = {
  tag: seconds(60),
  due: seconds(30),
  enrol: seconds(30),
  send: seconds(30),
  measure: seconds(30),
  job: seconds(60),
  step: seconds(30),
  webhook: seconds(15),
  stopExecutions: seconds(60),
};

/** What moves customers: queues, profiles' and runs' functions, the journeys' role, the tick. */
export class EngineStack extends Stack {
  readonly events: CairnQueue;
  readonly due: CairnQueue;
  readonly enrolments: CairnQueue;
  readonly metricEvents: CairnQueue;
  readonly jobs: CairnQueue;
  readonly webhooks: CairnQueue;
  readonly stopExecutions: CairnQueue;
  readonly senders: Record<Channel, { now: CairnQueue; bulk: CairnQueue }>;
  readonly step: CairnFunction<typeof StepEnv>;
  readonly arm: CairnFunction<typeof ArmEnv>;
  readonly journeysRole: Role;
  /** ARNs of the journeys' machines: what they begin with in this account, the pattern of ours, and that of their executions. */
  readonly machines: { arnPrefix: string; ours: string; executions: string };

  constructor(scope: Construct, id: string, props: StackProps & { config: Config; data: DataStack }) {
    super(scope, id, { ...props, terminationProtection: true });
    const { data, config } = props;
    const { prefix } = config;
    const states = `arn:${this.partition}:states:${this.region}:${this.account}`;
    const arnPrefix = `${states}:stateMachine:`;
    this.machines = { arnPrefix, ours: `${arnPrefix}${prefix}-*`, executions: `${states}:execution:${prefix}-*` };

    this.events = new CairnQueue(this, 'Events', {
      queueName: `${prefix}-events`,
      fifo: true,
      consumerTimeout: TIMEOUT.tag,
      // What fails comes again after 5 s, 10 s … 6 min: an hour in all, as on the other queues.
      maxReceiveCount: 16,
    });
    this.due = new CairnQueue(this, 'Due', { queueName: `${prefix}-due`, consumerTimeout: TIMEOUT.due });
    this.enrolments = new CairnQueue(this, 'Enrolments', {
      queueName: `${prefix}-enrolments`,
      consumerTimeout: TIMEOUT.enrol,
    });
    this.metricEvents = new CairnQueue(this, 'MetricEvents', {
      queueName: `${prefix}-metric-events`,
      consumerTimeout: TIMEOUT.measure,
    });
    this.jobs = new CairnQueue(this, 'Jobs', { queueName: `${prefix}-jobs`, consumerTimeout: TIMEOUT.job });
    this.webhooks = new CairnQueue(this, 'Webhooks', {
      queueName: `${prefix}-webhooks`,
      consumerTimeout: TIMEOUT.webhook,
    });
    this.stopExecutions = new CairnQueue(this, 'Tidy', {
      queueName: `${prefix}-stop-executions`,
      consumerTimeout: TIMEOUT.stopExecutions,
    });
    this.senders = Object.fromEntries(
      CHANNELS.map((channel) => [channel, this.senderQueues(prefix, channel)]),
    ) as EngineStack['senders'];

    const rules = { CATALOG_TABLE: data.catalog.name, POINTER_MAX_AGE_MS };
    const profileQueues = {
      EVENTS_QUEUE_URL: this.events.url,
      DUE_QUEUE_URL: this.due.url,
      ENROLMENTS_QUEUE_URL: this.enrolments.url,
      STOP_EXECUTIONS_QUEUE_URL: this.stopExecutions.url,
      METRIC_EVENTS_QUEUE_URL: this.metricEvents.url,
    };
    const sendQueues = {
      SEND_EMAIL_NOW_QUEUE_URL: this.senders.email.now.url,
      SEND_SMS_NOW_QUEUE_URL: this.senders.sms.now.url,
      SEND_PUSH_NOW_QUEUE_URL: this.senders.push.now.url,
    };
    const profileArns = [this.events, this.due, this.enrolments, this.stopExecutions, this.metricEvents].map(
      ({ queue }) => queue.queueArn,
    );
    const sendArns = CHANNELS.map((channel) => this.senders[channel].now.queue.queueArn);
    const runArns = [
      ...[this.events, this.enrolments, this.metricEvents, this.webhooks].map(({ queue }) => queue.queueArn),
      ...sendArns,
    ];

    const tag = new CairnFunction(this, 'Tag', {
      name: 'process-events',
      prefix,
      schema: TagEnv,
      description: 'Profiles, tags, and what events end, resolve and start',
      timeout: TIMEOUT.tag,
      memorySize: 1024,
      environment: {
        ...rules,
        ...profileQueues,
        PROFILES_TABLE: data.profiles.name,
        RUNS_TABLE: data.runs.name,
        MESSAGES_TABLE: data.messages.name,
      },
      more: { DEAD_LETTER_QUEUE_URL: this.events.deadLetters.queueUrl },
    })
      .allow(READ_WRITE, [data.profiles.arn, data.runs.arn, data.messages.arn])
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allowItems(READ_WRITE, data.catalog.arn, CATALOG.coupons)
      .allow(['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['dynamodb:Query'], [data.runs.index('journey')])
      .allow(['states:SendTaskSuccess'], [this.machines.ours], MADE_AT_RUN_TIME)
      .allow(['sqs:SendMessage'], profileArns);
    this.events.feeds(tag, { size: 10 });

    const due = new CairnFunction(this, 'DueFunction', {
      name: 'process-due-profiles',
      prefix,
      schema: DueEnv,
      description: 'Sliding tags that turn, merges to complete',
      timeout: TIMEOUT.due,
      recursionBoundedBy: 'the instants at which a profile’s tags turn: each message waits for the next of them',
      environment: { ...rules, ...profileQueues, PROFILES_TABLE: data.profiles.name, RUNS_TABLE: data.runs.name },
      more: { DEAD_LETTER_QUEUE_URL: this.due.deadLetters.queueUrl },
    })
      .allow(READ_WRITE, [data.profiles.arn, data.runs.arn])
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allowItems(READ_WRITE, data.catalog.arn, CATALOG.coupons)
      .allow(['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['states:SendTaskSuccess'], [this.machines.ours], MADE_AT_RUN_TIME)
      .allow(['sqs:SendMessage'], profileArns);
    this.due.feeds(due, { size: 10 });

    const job = new CairnFunction(this, 'Job', {
      name: 'run-job',
      prefix,
      schema: JobEnv,
      description: 'Goes through many profiles, page by page',
      timeout: TIMEOUT.job,
      recursionBoundedBy: 'the pages of a job: each message goes on where the last one stopped',
      environment: {
        ...rules,
        ...profileQueues,
        ...sendQueues,
        PROFILES_TABLE: data.profiles.name,
        RUNS_TABLE: data.runs.name,
        MESSAGES_TABLE: data.messages.name,
        JOBS_QUEUE_URL: this.jobs.url,
      },
      more: { DEAD_LETTER_QUEUE_URL: this.jobs.deadLetters.queueUrl },
    })
      .allowItems(READ_WRITE, data.catalog.arn, CATALOG.jobs)
      .allow(READ, [data.messages.arn])
      .allow(
        ['dynamodb:Query'],
        [data.profiles.index('membership'), data.runs.index('journey'), data.messages.index('held')],
      )
      .allow(['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [data.runs.arn])
      .allow(['sqs:SendMessage'], [...profileArns, ...sendArns, this.jobs.queue.queueArn]);
    this.jobs.feeds(job, { size: 1, maxConcurrency: 8 });

    const webhook = new CairnFunction(this, 'Webhook', {
      name: 'webhook',
      prefix,
      schema: WebhookEnv,
      description: 'Calls the addresses that journeys name',
      timeout: TIMEOUT.webhook,
      recursionBoundedBy: 'five tries a call, and the lease of each',
      environment: {
        RUNS_TABLE: data.runs.name,
        CATALOG_TABLE: data.catalog.name,
        EVENTS_QUEUE_URL: this.events.url,
        WEBHOOKS_QUEUE_URL: this.webhooks.url,
        WEBHOOK_SECRET_ARN: data.webhookSecret.secretArn,
        WEBHOOK_HOSTS: config.webhookHosts.join(','),
      },
      more: { DEAD_LETTER_QUEUE_URL: this.webhooks.deadLetters.queueUrl },
    })
      .allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [data.runs.arn])
      .allowItems(['dynamodb:GetItem'], data.catalog.arn, CATALOG.secretValues)
      .allow(['secretsmanager:GetSecretValue'], [data.webhookSecret.secretArn])
      .allow(['sqs:SendMessage'], [this.events.queue.queueArn, this.webhooks.queue.queueArn]);
    this.webhooks.feeds(webhook, { size: 1, maxConcurrency: 20 });

    const tick = new CairnFunction(this, 'Tick', {
      name: 'dispatch-due',
      prefix,
      schema: TickEnv,
      description: 'Hands on what falls due',
      timeout: seconds(55),
      environment: {
        PROFILES_TABLE: data.profiles.name,
        RUNS_TABLE: data.runs.name,
        DUE_QUEUE_URL: this.due.url,
        ENROLMENTS_QUEUE_URL: this.enrolments.url,
      },
    })
      .allow(['dynamodb:Query'], [data.profiles.index('due'), data.runs.index('due')])
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [data.runs.arn])
      .allow(['sqs:SendMessage'], [this.due.queue.queueArn, this.enrolments.queue.queueArn]);
    this.schedule('Tick', 'EveryMinute', 'rate(1 minute)', tick);

    const runEnvironment = {
      ...rules,
      ...sendQueues,
      PROFILES_TABLE: data.profiles.name,
      RUNS_TABLE: data.runs.name,
      MESSAGES_TABLE: data.messages.name,
      EVENTS_QUEUE_URL: this.events.url,
      ENROLMENTS_QUEUE_URL: this.enrolments.url,
      WEBHOOKS_QUEUE_URL: this.webhooks.url,
      METRIC_EVENTS_QUEUE_URL: this.metricEvents.url,
    };
    const enrol = new CairnFunction(this, 'Enrol', {
      name: 'start-run',
      prefix,
      schema: EnrolEnv,
      description: 'Starts a leg of a run',
      timeout: TIMEOUT.enrol,
      environment: { ...runEnvironment, STATE_MACHINE_ARN_PREFIX: this.machines.arnPrefix, MACHINE_PREFIX: prefix },
      more: { DEAD_LETTER_QUEUE_URL: this.enrolments.deadLetters.queueUrl },
    })
      .allow(['states:StartExecution'], [this.machines.ours], MADE_AT_RUN_TIME)
      .allow(['sqs:SendMessage'], runArns);
    // Some 200 starts a second: most Regions start 150 to 300 executions, and a crowd waits its turn on the queue.
    this.enrolments.feeds(enrol, { size: 10, maxConcurrency: 10 });

    this.step = new CairnFunction(this, 'Step', {
      name: 'advance-run',
      prefix,
      schema: StepEnv,
      description: 'Decides and carries out a run from one stop to the next',
      timeout: TIMEOUT.step,
      environment: runEnvironment,
    }).allow(['sqs:SendMessage'], runArns);
    for (const walker of [enrol, this.step]) {
      walker
        .allow(READ_WRITE, [data.runs.arn])
        .allow(READ, [data.profiles.arn, data.messages.arn])
        .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
        .allowItems(READ_WRITE, data.catalog.arn, [...CATALOG.coupons, ...CATALOG.tasks, ...CATALOG.throttles]);
    }

    this.arm = new CairnFunction(this, 'Arm', {
      name: 'register-task-token',
      prefix,
      schema: ArmEnv,
      description: 'Stores the token of a run that waits for an event',
      timeout: TIMEOUT.step,
      environment: { ...rules, PROFILES_TABLE: data.profiles.name, RUNS_TABLE: data.runs.name },
    })
      .allow(READ_WRITE, [data.runs.arn])
      .allow(READ, [data.profiles.arn])
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allow(['states:SendTaskSuccess'], [this.machines.ours], MADE_AT_RUN_TIME);

    this.journeysRole = new Role(this, 'JourneysRole', {
      roleName: `${prefix}-journeys`,
      path: '/cairn/',
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': this.account },
          ArnLike: { 'aws:SourceArn': this.machines.ours },
        },
      }),
      description: 'What the state machines of journeys may do: invoke step and arm',
    });
    this.journeysRole.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.step.fn.functionArn, this.arm.fn.functionArn],
      }),
    );
    if (config.tracing) allowTracing(this.journeysRole, { samples: true });

    const runFailed = new CairnFunction(this, 'RunFailed', {
      name: 'handle-failed-execution',
      prefix,
      schema: RunFailedEnv,
      description: 'Parks a run whose execution was lost',
      timeout: seconds(30),
      environment: { RUNS_TABLE: data.runs.name, ENROLMENTS_QUEUE_URL: this.enrolments.url },
    })
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [data.runs.arn])
      .allow(['sqs:SendMessage'], [this.enrolments.queue.queueArn]);
    new Rule(this, 'ExecutionLost', {
      eventBus: EventBus.fromEventBusName(this, 'DefaultBus', 'default'),
      description: 'Executions of journeys that ended without their run',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [{ prefix: `${arnPrefix}${prefix}-` }],
        },
      },
      targets: [
        new LambdaTarget(runFailed.fn, {
          retryAttempts: 5,
          maxEventAge: Duration.hours(2),
        }),
      ],
    });

    const stopExecutions = new CairnFunction(this, 'StopExecutionsFunction', {
      name: 'stop-executions',
      prefix,
      schema: StopExecutionsEnv,
      description: 'Stops the executions of closed runs, and what is held and to do for them',
      timeout: TIMEOUT.stopExecutions,
      environment: {
        ...sendQueues,
        RUNS_TABLE: data.runs.name,
        MESSAGES_TABLE: data.messages.name,
        CATALOG_TABLE: data.catalog.name,
        STATE_MACHINE_ARN_PREFIX: this.machines.arnPrefix,
        MACHINE_PREFIX: prefix,
      },
      more: { DEAD_LETTER_QUEUE_URL: this.stopExecutions.deadLetters.queueUrl },
    })
      .allow(['dynamodb:GetItem'], [data.runs.arn])
      .allow(['dynamodb:BatchGetItem'], [data.messages.arn])
      .allow(['sqs:SendMessage'], sendArns)
      .allowItems(['dynamodb:GetItem', 'dynamodb:UpdateItem'], data.catalog.arn, CATALOG.tasks)
      .allow(['states:StopExecution'], [this.machines.executions], MADE_AT_RUN_TIME);
    // Most Regions stop 25 executions a second.
    this.stopExecutions.feeds(stopExecutions, { size: 10, maxConcurrency: 2 });

    const sweep = new CairnFunction(this, 'Sweep', {
      name: 'recover-lost-runs',
      prefix,
      schema: SweepEnv,
      description: 'Parks runs whose execution was lost and nobody was told',
      timeout: Duration.minutes(15),
      environment: {
        RUNS_TABLE: data.runs.name,
        ENROLMENTS_QUEUE_URL: this.enrolments.url,
        MACHINE_PREFIX: prefix,
      },
    })
      .allow(['states:ListStateMachines'], ['*'], LISTING)
      .allow(['states:ListExecutions'], [this.machines.ours], MADE_AT_RUN_TIME)
      .allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [data.runs.arn])
      .allow(['sqs:SendMessage'], [this.enrolments.queue.queueArn]);
    this.schedule('Sweep', 'EveryNight', 'cron(17 3 * * ? *)', sweep);

    const machines = new CairnFunction(this, 'Machines', {
      name: 'delete-state-machines',
      prefix,
      schema: MachinesEnv,
      description: 'Removes the journeys’ machines when the stack is destroyed',
      timeout: Duration.minutes(10),
      environment: { MACHINE_PREFIX: prefix },
    })
      .allow(['states:ListStateMachines'], ['*'], LISTING)
      .allow(['states:ListTagsForResource'], [this.machines.ours], MADE_AT_RUN_TIME)
      .allow(['cloudformation:DescribeStacks'], [this.stackId]);
    machines.role.addToPolicy(
      new PolicyStatement({
        actions: ['states:DeleteStateMachine'],
        resources: [this.machines.ours],
        conditions: { StringEquals: { [`aws:ResourceTag/${MACHINE_TAG}`]: prefix } },
      }),
    );
    const provider = new Provider(this, 'MachinesProvider', {
      onEventHandler: machines.fn,
      logGroup: new LogGroup(this, 'MachinesProviderLog', {
        logGroupName: logGroupOf(`${prefix}-delete-state-machines-provider`),
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    // Renamed, this would be another resource, and the old one would be deleted.
    new CustomResource(this, 'JourneyMachines', {
      serviceToken: provider.serviceToken,
      resourceType: 'Custom::JourneyMachines',
    });

    Validations.of(provider).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
        reason: 'The CDK’s own provider function writes its log with AWS’s managed policy.',
      },
      {
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${this.getLogicalId(machines.fn.node.defaultChild as CfnElement)}.Arn>:*]`,
        reason: 'The CDK’s own provider function invokes any version of the one function that it is given.',
      },
      { id: 'AwsSolutions::AwsSolutions-L1', reason: 'The runtime of the CDK’s own provider function is the CDK’s.' },
    );
  }

  private senderQueues(prefix: string, channel: Channel): { now: CairnQueue; bulk: CairnQueue } {
    const of = (kind: 'now' | 'bulk') =>
      new CairnQueue(this, `Send-${channel}-${kind}`, {
        queueName: `${prefix}-send-${channel}-${kind}`,
        consumerTimeout: TIMEOUT.send,
      });
    return { now: of('now'), bulk: of('bulk') };
  }

  /** Invokes the function at these times, once or more. */
  private schedule(name: string, id: string, scheduleExpression: string, { fn }: { fn: IFunction }): void {
    const role = new Role(this, `${name}Role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      path: '/cairn/',
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }));
    const schedule = new CfnSchedule(this, id, {
      scheduleExpression,
      flexibleTimeWindow: { mode: 'OFF' },
      target: { arn: fn.functionArn, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: 0 } },
    });
    const policy = role.node.findChild('DefaultPolicy').node.defaultChild;
    if (policy instanceof CfnResource) schedule.addResourceDependency(policy);
  }
}
