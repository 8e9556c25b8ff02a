import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { CHANNELS } from '../../core/channels.ts';
import type { Config } from '../config.ts';
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
    if (!config.emulator) this.stepErrors(engine, config, alarms);

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
          new GraphWidget({
            title: 'step',
            width: 24,
            left: [engine.step.fn.metricInvocations(), engine.step.fn.metricErrors()],
            right: [engine.step.fn.metricDuration()],
          }),
        ],
      ],
    });
  }

  /** Share of failed steps, where there are enough to tell. */
  private stepErrors(engine: EngineStack, config: Config, alarms: Topic): void {
    const { fn } = engine.step;
    new Alarm(this, 'StepErrors', {
      alarmName: `${config.prefix}-step-errors`,
      alarmDescription: 'More than 5 % of the journeys’ steps fail; Step Functions retries them.',
      metric: new MathExpression({
        expression: 'IF(n >= 100, 100 * e / n, 0)',
        usingMetrics: { n: fn.metricInvocations(), e: fn.metricErrors() },
        period: Duration.minutes(15),
      }),
      threshold: 5,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(alarms));
  }
}
