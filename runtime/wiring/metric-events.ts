import { metricEventsQueue } from '../../adapters/sqs/metric-events.ts';
import type { MetricEvents, MetricSums } from '../../engine/metrics/ports.ts';
import { sqs } from '../aws.ts';
import { currentInvocation } from '../invocation.ts';
import { logger } from '../log.ts';

/** The queue `metric-events`, over AWS. */
export const metricEvents = (env: { METRIC_EVENTS_QUEUE_URL: string }): MetricEvents & MetricSums =>
  metricEventsQueue(sqs(), { url: env.METRIC_EVENTS_QUEUE_URL, invocation: currentInvocation, log: logger });
