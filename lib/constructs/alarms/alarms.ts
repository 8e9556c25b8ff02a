import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Config } from '../../config.ts';

/** One period above the threshold triggers; missing data does not. */
export const ONCE_ABOVE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};
export const FIVE_MINUTES = Duration.minutes(5);
export const QUARTER_HOUR = Duration.minutes(15);

/** Alarms, and the one topic that all of them notify. */
export class Alarms extends Construct {
  private readonly topic: Topic;
  private readonly prefix: string;
  private readonly added: Alarm[] = [];

  constructor(scope: Construct, id: string, { prefix, alarmEmail }: Config) {
    super(scope, id);
    this.prefix = prefix;
    this.topic = new Topic(this, 'Topic', { topicName: `${prefix}-alarms`, enforceSSL: true });
    // This policy replaces AWS's default, which would allow the account's alarms.
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    this.topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
    if (alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(alarmEmail));
  }

  /** All of them, for the dashboard. */
  get all(): readonly Alarm[] {
    return this.added;
  }

  add(name: string, props: Omit<AlarmProps, 'alarmName'>): Alarm {
    const alarmDescription = `${props.alarmDescription ?? name} What to do: docs/operations.md.`;
    const alarm = new Alarm(this, name, { ...props, alarmDescription, alarmName: `${this.prefix}-${name}` });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.added.push(alarm);
    return alarm;
  }
}
