import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { CHANNELS } from '../../core/channels.ts';
import { EXPECTED_ERROR, PROVIDER_REFUSED, RUN_PARKED } from '../../core/metrics/log-lines.ts';
import type { Config } from '../config.ts';
import { logGroupOf } from '../constructs/cairn-function.ts';
import type { CairnQueue } from '../constructs/cairn-queue.ts';
import type { ApiStack } from './api-stack.ts';
import type { EngineStack } from './engine-stack.ts';
import type { SendingStack } from './sending-stack.ts';

interface Props extends StackProps {
  config: Config;
  engine: EngineStack;
  api: ApiStack;
  sending: SendingStack;
}

/** One period over the threshold is enough, and nothing measured is no fault. */
const ONCE_ABOVE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};
const FIVE_MINUTES = Duration.minutes(5);
const QUARTER_HOUR = Duration.minutes(15);
/** Of an hour: fewer are a message's own fault, as content that a provider does not take. */
const FEW_REFUSALS = 5;

/** Alarms and one dashboard. */
export class ObservabilityStack extends Stack {
  private readonly alarms: Topic;
  private readonly config: Config;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const { config, engine, sending } = props;
    this.config = config;
    this.alarms = new Topic(this, 'Alarms', { topicName: `${config.prefix}-alarms`, enforceSSL: true });
    // The topic's own policy takes the place of AWS's, which would let the account's alarms in.
    const conditions = { StringEquals: { 'aws:SourceAccount': this.account } };
    this.alarms.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
    if (config.alarmEmail !== undefined) this.alarms.addSubscription(new EmailSubscription(config.alarmEmail));

    const queues: Record<string, CairnQueue> = {
      webhooks: engine.webhooks,
      events: engine.events,
      due: engine.due,
      enrolments: engine.enrolments,
      'metric-events': engine.metricEvents,
      jobs: engine.jobs,
      'stop-executions': engine.stopExecutions,
      feedback: sending.feedback,
    };
    for (const channel of CHANNELS) {
      queues[`send-${channel}-now`] = engine.senders[channel].now;
      queues[`send-${channel}-bulk`] = engine.senders[channel].bulk;
    }
    for (const [name, { deadLetters }] of Object.entries(queues)) {
      this.alarm(`Dead-${name}`, `${name}-dead-letters`, {
        alarmDescription: `A message on ${name} could not be worked; its cause is in the message's attribute or the function's log.`,
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({
          period: Duration.minutes(1),
          statistic: 'Maximum',
        }),
        threshold: 0,
        ...ONCE_ABOVE,
      });
    }
    this.taskErrors(engine);
    this.lostExecutions();
    this.stoppedLoops();
    this.standstill(props);
    this.refusals();
    if (config.channels.includes('email')) this.reputation();

    new Dashboard(this, 'Dashboard', {
      dashboardName: config.prefix,
      widgets: [
        Object.entries(queues).map(
          ([name, { queue }]) =>
            new GraphWidget({
              title: name,
              width: 8,
              left: [queue.metricApproximateNumberOfMessagesVisible(), queue.metricApproximateAgeOfOldestMessage()],
            }),
        ),
        [
          ...Object.entries({ step: engine.step, arm: engine.arm }).map(
            ([title, { fn }]) =>
              new GraphWidget({
                title,
                width: 12,
                left: [fn.metricInvocations(), fn.metricErrors()],
                right: [fn.metricDuration()],
              }),
          ),
        ],
      ],
    });
  }

  /** Chains of invocations that Lambda stopped: journeys that start each other without end. */
  private stoppedLoops(): void {
    for (const name of ['process-events', 'start-run', 'stop-executions']) {
      this.alarm(`Loop-${name}`, `${name}-loop`, {
        alarmDescription: `Lambda stopped a chain in which ${name} was invoked 16 times: journeys or tags set each other off without end.`,
        metric: this.lambdaMetric('RecursiveInvocationsDropped', name),
        threshold: 0,
        ...ONCE_ABOVE,
      });
    }
  }

  /**
   * Share of failed tasks of the journeys' machines. Lambda's own errors, so that time-outs count; without those by which a
   * run ends that has gone on elsewhere. Few failures among few invocations count too: a journey that fails is retried for long.
   * One alarm a function: Lambda counts nothing of one that is not invoked, and a sum with nothing may be nothing.
   */
  private taskErrors({ step, arm }: EngineStack): void {
    for (const [id, name, { fn }] of [
      ['StepErrors', 'advance-run', step],
      ['ArmErrors', 'register-task-token', arm],
    ] as const) {
      const left = this.countLines(`TasksEndedAsExpected-${name}`, [name], EXPECTED_ERROR, { otherwise: 0 });
      if (this.config.emulator) continue;
      this.alarm(id, `${name}-errors`, {
        alarmDescription: `More than 5 % of the journeys’ tasks by ${name} fail; Step Functions retries them.`,
        metric: new MathExpression({
          expression: 'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
          usingMetrics: {
            invoked: fn.metricInvocations(),
            failed: new MathExpression({
              expression: 'errors - FILL(left, 0)',
              usingMetrics: { errors: fn.metricErrors(), left },
            }),
          },
          period: QUARTER_HOUR,
        }),
        threshold: 0,
        ...ONCE_ABOVE,
      });
    }
  }

  /** Executions that failed for good, after all retries: their customers rest where they were. */
  private lostExecutions(): void {
    this.alarm('LostExecutions', 'lost-executions', {
      alarmDescription: 'A journey’s execution failed, timed out or was aborted; its run is parked and tried again.',
      metric: this.countLines('RunsParked', ['handle-failed-execution', 'recover-lost-runs'], RUN_PARKED),
      threshold: 0,
      ...ONCE_ABOVE,
    });
  }

  /** What makes no dead letters: nothing comes in, nothing is taken, nothing is woken. */
  private standstill({ engine, api }: Props): void {
    this.alarm('EventsAge', 'events-age', {
      alarmDescription:
        'An event has waited for a quarter of an hour: process-events is throttled, fails, or is not invoked.',
      metric: engine.events.queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      threshold: QUARTER_HOUR.toSeconds(),
      ...ONCE_ABOVE,
      evaluationPeriods: 2,
    });
    this.alarm('ApiErrors', 'api-errors', {
      alarmDescription: 'The HTTP API has answered 5xx five times and more in each of two periods of five minutes.',
      metric: api.httpApi.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
      threshold: 4,
      ...ONCE_ABOVE,
      evaluationPeriods: 2,
    });
    this.alarm('Throttles', 'lambda-throttles', {
      alarmDescription: 'The account has had too few concurrent executions for a quarter of an hour: ask for more.',
      // Of all functions of the account and Region: they share the quota.
      metric: this.lambdaMetric('Throttles'),
      threshold: 0,
      ...ONCE_ABOVE,
      evaluationPeriods: 3,
    });
    if (this.config.emulator) return;
    this.alarm('DispatchDueSilent', 'dispatch-due-silent', {
      alarmDescription:
        'dispatch-due has not come to its end for a quarter of an hour: nothing that falls due goes on.',
      metric: new MathExpression({
        expression: 'invoked - errors',
        usingMetrics: {
          invoked: this.lambdaMetric('Invocations', 'dispatch-due'),
          errors: this.lambdaMetric('Errors', 'dispatch-due'),
        },
        period: FIVE_MINUTES,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      // Of a function that is never invoked there are none.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  /** Of whole requests: a sender that is not verified, a permission that is missing. Each costs its message that channel. */
  private refusals(): void {
    const functions = CHANNELS.map((channel) => `send-${channel}`);
    this.alarm('Refusals', 'provider-refusals', {
      alarmDescription: 'A provider refuses what it is handed, whoever it is for: its messages fail or change channel.',
      metric: this.countLines('ProviderRefusals', functions, PROVIDER_REFUSED, { period: Duration.hours(1) }),
      threshold: FEW_REFUSALS - 1,
      ...ONCE_ABOVE,
    });
  }

  /** SES reviews an account at these shares, and stops it at twice as many bounces, five times as many complaints. */
  private reputation(): void {
    for (const [kind, share] of [
      ['Bounce', 0.05],
      ['Complaint', 0.001],
    ] as const) {
      this.alarm(`${kind}Rate`, `${kind.toLowerCase()}-rate`, {
        alarmDescription: `${100 * share} % of the account’s e-mail: SES puts it under review, and stops it further on.`,
        metric: new Metric({
          namespace: 'AWS/SES',
          metricName: `Reputation.${kind}Rate`,
          period: Duration.hours(1),
          statistic: 'Average',
        }),
        threshold: share,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: 1,
        // SES tells nothing while nothing is sent.
        treatMissingData: TreatMissingData.IGNORE,
      });
    }
  }

  /** By the function's name, which needs no export of its stack; without one, of the whole account and Region. */
  private lambdaMetric(metricName: string, name?: string): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      ...(name === undefined ? {} : { dimensionsMap: { FunctionName: `${this.config.prefix}-${name}` } }),
      period: FIVE_MINUTES,
      statistic: 'Sum',
    });
  }

  private alarm(id: string, name: string, props: Omit<AlarmProps, 'alarmName'>): void {
    const alarm = new Alarm(this, id, { ...props, alarmName: `${this.config.prefix}-${name}` });
    alarm.addAlarmAction(new SnsAction(this.alarms));
  }

  /** How many lines with this message the functions log; `otherwise`: the value of whatever else they log. */
  private countLines(
    metricName: string,
    functions: string[],
    message: string,
    { period = QUARTER_HOUR, otherwise }: { period?: Duration; otherwise?: number } = {},
  ): Metric {
    const { prefix } = this.config;
    const metricNamespace = `Cairn/${prefix}`;
    for (const name of functions)
      new MetricFilter(this, `${metricName}-${name}`, {
        logGroup: LogGroup.fromLogGroupName(this, `${metricName}-${name}-Log`, logGroupOf(`${prefix}-${name}`)),
        filterPattern: FilterPattern.stringValue('$.message', '=', message),
        metricNamespace,
        metricName,
        defaultValue: otherwise,
      });
    return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', period });
  }
}
