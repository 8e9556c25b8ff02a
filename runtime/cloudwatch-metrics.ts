import { functionName } from './env.ts';

/** A sum, or each single value: CloudWatch makes percentiles of the latter. */
type Values = number | readonly number[];

/** Most values of a metric in one line. */
export const MAX_VALUES = 100;

/**
 * Writes a line from which CloudWatch takes these metrics. Not a log line: no log level leaves it out, because alarms depend on it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function writeCloudWatchMetrics(
  namespace: string,
  metrics: Readonly<Record<string, Values>>,
  dimensions: Readonly<Record<string, string>> = {},
): void {
  const Metrics = Object.entries(metrics).map(([Name, values]) => ({
    Name,
    Unit: typeof values === 'number' ? 'Count' : 'Seconds',
  }));
  if (Metrics.length === 0) return;
  const line = {
    // Lambda leaves out lines whose level is below the function's; one without a level counts as `info`.
    level: 'info',
    function: functionName(),
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }],
    },
    ...dimensions,
    ...metrics,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
