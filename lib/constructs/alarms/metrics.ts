import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { logGroupOf } from '../cairn-function.ts';
import { FIVE_MINUTES, QUARTER_HOUR } from './alarms.ts';

/** Returns a metric by the function's name, so that its stack needs no export; without a name, the metric of the whole account and Region. */
export const lambdaMetric = (metricName: string, functionName?: string): Metric =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    ...(functionName === undefined ? {} : { dimensionsMap: { FunctionName: functionName } }),
    period: FIVE_MINUTES,
    statistic: 'Sum',
  });

/** Namespace of Cairn's own metrics. */
export const metricNamespaceOf = (prefix: string): string => `Cairn/${prefix}`;

interface LogLines {
  prefix: string;
  metricName: string;
  /** Without their prefix. */
  functions: string[];
  message: string;
  period?: Duration;
  /** The value of whatever else they log. */
  otherwise?: number;
}

/** How many lines with this message the functions log. */
export function logLineMetric(scope: Construct, lines: LogLines): Metric {
  const { prefix, metricName, functions, message, period = QUARTER_HOUR, otherwise } = lines;
  const metricNamespace = metricNamespaceOf(prefix);
  for (const name of functions)
    new MetricFilter(scope, `${metricName}-${name}`, {
      logGroup: LogGroup.fromLogGroupName(scope, `${metricName}-${name}-Log`, logGroupOf(`${prefix}-${name}`)),
      filterPattern: FilterPattern.stringValue('$.message', '=', message),
      metricNamespace,
      metricName,
      defaultValue: otherwise,
    });
  return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', period });
}
