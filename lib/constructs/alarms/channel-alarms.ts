import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Channel } from '../../../core/channels/registry.ts';
import { CHANNEL_METRICS, SEND_LATENCY } from '../../../core/metrics/channel-metrics.ts';
import { resourcesOf } from '../../channels/registry.ts';
import type { Config } from '../../config.ts';
import { type Alarms, FIVE_MINUTES, ONCE_ABOVE } from './alarms.ts';
import { metricNamespaceOf } from './metrics.ts';

const DAY = Duration.hours(24);
/** Below so many messages in 24 hours, a share says little. */
const AT_LEAST = 500;
const LATEST = Duration.minutes(10);
/** Per cent, below those at which SES reviews an account: 5 and 0.1. */
export const BOUNCES = 4;
export const COMPLAINTS = 0.08;

/** A CloudWatch metric of a channel, straight from the functions that decide. */
export const channelMetric = (
  { prefix }: Pick<Config, 'prefix'>,
  channel: Channel,
  metric: keyof typeof CHANNEL_METRICS,
  period = DAY,
): Metric =>
  new Metric({
    namespace: metricNamespaceOf(prefix),
    metricName: CHANNEL_METRICS[metric],
    dimensionsMap: { channel },
    statistic: 'Sum',
    period,
  });

export const latencyMetric = ({ prefix }: Pick<Config, 'prefix'>, channel: Channel): Metric =>
  new Metric({
    namespace: metricNamespaceOf(prefix),
    metricName: SEND_LATENCY,
    dimensionsMap: { channel },
    statistic: 'p95',
    period: FIVE_MINUTES,
  });

/** Per cent of the messages sent in 24 hours for which this happened in them; 0 while there are few. */
export function shareOf(
  config: Pick<Config, 'prefix'>,
  channel: Channel,
  metric: 'unsubscribed' | 'complained' | 'bounced',
): MathExpression {
  // Unlike in one graph with those of other channels.
  const [sent, happened] = [`sent_${channel}`, `${metric}_${channel}`];
  return new MathExpression({
    expression: `IF(FILL(${sent}, 0) >= ${AT_LEAST}, 100 * FILL(${happened}, 0) / ${sent}, 0)`,
    usingMetrics: {
      [sent]: channelMetric(config, channel, 'sent'),
      [happened]: channelMetric(config, channel, metric),
    },
    label: `${channel}: % ${metric}`,
    period: DAY,
  });
}

/** The alarm whose going off pauses the channel. */
export const pauseAlarmName = ({ prefix }: Pick<Config, 'prefix'>, channel: Channel): string =>
  `${prefix}-${pauseAlarmOf(channel)}`;
const pauseAlarmOf = (channel: Channel): string => `unsubscribes-${channel}-pause`;

/** Adds alarms about what each channel does to people. The cohort's exact share is a guardrail's work; these depend on nothing that Cairn counts. */
export function channelAlarms(alarms: Alarms, config: Config): void {
  for (const channel of config.channels) {
    alarms.add(`send-latency-${channel}`, {
      alarmDescription: `One in twenty ${channel} messages reaches the provider more than ${LATEST.toMinutes()} minutes after it was requested.`,
      metric: latencyMetric(config, channel),
      threshold: LATEST.toSeconds(),
      ...ONCE_ABOVE,
      evaluationPeriods: 2,
    });
    if (config.emulator) continue;
    const { notify, pause } = config.alarms.unsubscribe;
    const unsubscribes = (name: string, threshold: number, what: string) =>
      alarms.add(name, {
        alarmDescription: `More than ${threshold} % of those who got ${channel} in 24 hours unsubscribed${what}`,
        metric: shareOf(config, channel, 'unsubscribed'),
        threshold,
        ...ONCE_ABOVE,
      });
    unsubscribes(`unsubscribes-${channel}`, notify, '.');
    unsubscribes(pauseAlarmOf(channel), pause, ': the channel is paused.');
    if (resourcesOf(channel).hasReputation) reputation(alarms, config, channel);
  }
}

function reputation(alarms: Alarms, config: Config, channel: Channel): void {
  for (const [name, metric, threshold] of [
    ['bounces', 'bounced', BOUNCES],
    ['complaints', 'complained', COMPLAINTS],
  ] as const)
    alarms.add(`${name}-${channel}`, {
      alarmDescription: `More than ${threshold} % of Cairn’s own ${channel} of 24 hours ${metric}.`,
      metric: shareOf(config, channel, metric),
      threshold,
      ...ONCE_ABOVE,
    });
}
