import type { MetricEvent } from './metric-event.ts';

/** CloudWatch metrics of messages, each with the dimension `channel`, by the metric of the event that decides. */
export const CHANNEL_METRICS = {
  sent: 'MessagesSent',
  failed: 'MessagesFailed',
  suppressed: 'MessagesSuppressed',
  delivered: 'MessagesDelivered',
  opened: 'MessagesOpened',
  clicked: 'MessagesClicked',
  unsubscribed: 'MessagesUnsubscribed',
  complained: 'MessagesComplained',
  bounced: 'MessagesBounced',
} as const;

/** Seconds from a message's request until its provider has it, of messages that nobody made wait. */
export const SEND_LATENCY = 'SendLatency';

/** Value of the dimension for a message that was refused before it had a channel. */
const NO_CHANNEL = 'none';

/** Names the channel and the CloudWatch metric of each of these events that has one. What machines open or follow is left out. */
export function channelCounts(
  metricEvents: readonly MetricEvent[],
): { channel: string; metric: (typeof CHANNEL_METRICS)[keyof typeof CHANNEL_METRICS] }[] {
  return metricEvents.flatMap(({ of, metric, machine, dimensions }) =>
    of === 'message' && machine !== true && isOfChannels(metric)
      ? [{ channel: dimensions.channel ?? NO_CHANNEL, metric: CHANNEL_METRICS[metric] }]
      : [],
  );
}

const isOfChannels = (metric: string): metric is keyof typeof CHANNEL_METRICS => Object.hasOwn(CHANNEL_METRICS, metric);
