import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  Alarm,
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
import { EXPECTED_ERROR, RUN_PARKED } from '../../core/measuring/log-lines.ts';
import type { Config } from '../config.ts';
import { logGroupOf } from '../constructs/cairn-function.ts';
import type { CairnQueue } from '../constructs/cairn-queue.ts';
import type { EngineStack } from './engine-stack.ts';
import type { SendingStack } from './sending-stack.ts';

/** Alarms and one dashboard. */
export class ObservabilityStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { config: Config; engine: EngineStack; sending: SendingStack },
  ) {
    super(scope, id, props);
    const { config, engine, sending } = props;
    const alarms = new Topic(this, 'Alarms', { topicName: `${config.prefix}-alarms`, enforceSSL: true });
    // The topic's own policy takes the place of AWS's, which would let the account's alarms in.
    const conditions = { StringEquals: { 'aws:SourceAccount': this.account } };
    alarms.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
    if (config.alarmEmail !== undefined) alarms.addSubscription(new EmailSubscription(config.alarmEmail));

    const queues: Record<string, CairnQueue> = {
      webhooks: engine.webhooks,
      events: engine.events,
      due: engine.due,
      enrolments: engine.enrolments,
      facts: engine.facts,
      jobs: engine.jobs,
      tidy: engine.tidy,
      feedback: sending.feedback,
    };
    for (const channel of CHANNELS) {
      queues[`send-${channel}-now`] = engine.senders[channel].now;
      queues[`send-${channel}-bulk`] = engine.senders[channel].bulk;
    }
    for (const [name, { deadLetters }] of Object.entries(queues)) {
      new Alarm(this, `Dead-${name}`, {
        alarmName: `${config.prefix}-${name}-dead-letters`,
        alarmDescription: `A message on ${name} could not be worked; its cause is in the message's attribute or the function's log.`,
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({
          period: Duration.minutes(1),
          statistic: 'Maximum',
        }),
        threshold: 0,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(new SnsAction(alarms));
    }
    const left = this.countLines('TasksEndedAsExpected', config, ['step', 'arm'], EXPECTED_ERROR);
    if (!config.emulator) this.stepErrors(engine, { config, left, alarms });
    this.lostExecutions(config, alarms);
    this.stoppedLoops(config, alarms);

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
  private stoppedLoops({ prefix }: Config, alarms: Topic): void {
    for (const name of ['tag', 'enrol', 'tidy']) {
      new Alarm(this, `Loop-${name}`, {
        alarmName: `${prefix}-${name}-loop`,
        alarmDescription: `Lambda stopped a chain in which ${name} was invoked 16 times: journeys or tags set each other off without end.`,
        metric: new Metric({
          namespace: 'AWS/Lambda',
          metricName: 'RecursiveInvocationsDropped',
          dimensionsMap: { FunctionName: `${prefix}-${name}` },
          period: Duration.minutes(5),
          statistic: 'Sum',
        }),
        threshold: 0,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(new SnsAction(alarms));
    }
  }

  /**
   * Share of failed tasks of the journeys' machines. Lambda's own errors, so that time-outs count; without those by which a
   * run ends that has gone on elsewhere. Few failures among few invocations count too: a journey that fails is retried for long.
   */
  private stepErrors(
    { step, arm }: EngineStack,
    { config, left, alarms }: { config: Config; left: Metric; alarms: Topic },
  ): void {
    new Alarm(this, 'StepErrors', {
      alarmName: `${config.prefix}-step-errors`,
      alarmDescription: 'More than 5 % of the journeys’ tasks fail; Step Functions retries them.',
      metric: new MathExpression({
        expression: 'IF(failed >= 5 AND failed > 0.05 * (s + a), failed, 0)',
        usingMetrics: {
          s: step.fn.metricInvocations(),
          a: arm.fn.metricInvocations(),
          failed: new MathExpression({
            expression: 'FILL(se, 0) + FILL(ae, 0) - FILL(left, 0)',
            usingMetrics: { se: step.fn.metricErrors(), ae: arm.fn.metricErrors(), left },
          }),
        },
        period: Duration.minutes(15),
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(alarms));
  }

  /** Executions that failed for good, after all retries: their customers rest where they were. */
  private lostExecutions(config: Config, alarms: Topic): void {
    new Alarm(this, 'LostExecutions', {
      alarmName: `${config.prefix}-lost-executions`,
      alarmDescription: 'A journey’s execution failed, timed out or was aborted; its run is parked and tried again.',
      metric: this.countLines('RunsParked', config, ['run-failed', 'sweep'], RUN_PARKED),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(alarms));
  }

  /** How many lines with this message the functions log. */
  private countLines(metricName: string, { prefix }: Config, functions: string[], message: string): Metric {
    const metricNamespace = `Cairn/${prefix}`;
    for (const name of functions)
      new MetricFilter(this, `${metricName}-${name}`, {
        logGroup: LogGroup.fromLogGroupName(this, `${metricName}-${name}-Log`, logGroupOf(`${prefix}-${name}`)),
        filterPattern: FilterPattern.stringValue('$.message', '=', message),
        metricNamespace,
        metricName,
      });
    return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', period: Duration.minutes(15) });
  }
}
