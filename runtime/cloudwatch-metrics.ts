import { logger } from './log.ts';

/**
 * Logs a line from which CloudWatch takes these metrics, without dimensions.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function logCloudWatchMetrics(namespace: string, metrics: Readonly<Record<string, number>>): void {
  const Metrics = Object.keys(metrics).map((Name) => ({ Name, Unit: 'Count' }));
  if (Metrics.length === 0) return;
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics }] };
  logger.info('metrics', { _aws, ...metrics });
}
