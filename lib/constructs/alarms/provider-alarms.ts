import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { PROVIDER_REFUSED } from '../../../core/metrics/log-lines.ts';
import type { Config } from '../../config.ts';
import { type Alarms, ONCE_ABOVE } from './alarms.ts';
import { BOUNCES, COMPLAINTS } from './channel-alarms.ts';
import { logLineMetric } from './metrics.ts';

/** Refusals per hour that are tolerated: fewer are the fault of single messages, such as content that a provider does not accept. */
const FEW_REFUSALS = 5;

/** Whole requests that are refused: a sender that is not verified, a permission that is missing. Each costs its message that channel. */
export function refusalAlarm(alarms: Alarms, { prefix }: Config): void {
  alarms.add('provider-refusals', {
    alarmDescription: 'A provider refuses what it is handed, whoever it is for: its messages fail or change channel.',
    metric: logLineMetric(alarms, {
      prefix,
      metricName: 'ProviderRefusals',
      functions: CHANNELS.map((channel) => `send-${channel}`),
      message: PROVIDER_REFUSED,
      period: Duration.hours(1),
    }),
    threshold: FEW_REFUSALS - 1,
    ...ONCE_ABOVE,
  });
}

/** SES reviews an account at 5 % and 0.1 %, and suspends it at twice as many bounces or five times as many complaints: these come before. */
export function reputationAlarms(alarms: Alarms): void {
  for (const [kind, share] of [
    ['Bounce', BOUNCES / 100],
    ['Complaint', COMPLAINTS / 100],
  ] as const)
    alarms.add(`${kind.toLowerCase()}-rate`, {
      alarmDescription: `${100 * share} % of the account’s e-mail: a little more, and SES puts it under review, and stops it further on.`,
      metric: new Metric({
        namespace: 'AWS/SES',
        metricName: `Reputation.${kind}Rate`,
        period: Duration.hours(1),
        statistic: 'Average',
      }),
      threshold: share,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      // SES has no data points while nothing is sent.
      treatMissingData: TreatMissingData.IGNORE,
    });
}
