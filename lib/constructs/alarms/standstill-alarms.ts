import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SILENT_ENTRY_EVENTS } from '../../../core/metrics/entry-event-counts.ts';
import type { Config } from '../../config.ts';
import { type Alarms, FIVE_MINUTES, ONCE_ABOVE } from './alarms.ts';
import { lambdaMetric, metricNamespaceOf } from './metrics.ts';

/** Alarms on a standstill, which makes no dead letters: the API does not answer, nothing runs, nothing falls due, nobody enters. */
export function standstillAlarms(
  alarms: Alarms,
  { prefix, emulator }: Config,
  { httpApi }: { httpApi: HttpApi },
): void {
  alarms.add('api-errors', {
    alarmDescription: 'The HTTP API has answered 5xx five times and more in each of two periods of five minutes.',
    metric: httpApi.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
    threshold: 4,
    ...ONCE_ABOVE,
    evaluationPeriods: 2,
  });
  alarms.add('api-latency', {
    alarmDescription: 'One in twenty answers of the HTTP API takes more than 2 s, for a quarter of an hour.',
    metric: httpApi.metricLatency({ period: FIVE_MINUTES, statistic: 'p95' }),
    threshold: 2_000,
    ...ONCE_ABOVE,
    evaluationPeriods: 3,
  });
  alarms.add('lambda-throttles', {
    alarmDescription: 'The account has had too few concurrent executions for a quarter of an hour: ask for more.',
    // All functions of the account and Region together: they share the quota.
    metric: lambdaMetric('Throttles'),
    threshold: 0,
    ...ONCE_ABOVE,
    evaluationPeriods: 3,
  });
  alarms.add('entry-events-silent', {
    alarmDescription:
      'An event that starts a published journey came regularly and has not come for a day: GET /v1/alerts.',
    metric: new Metric({
      namespace: metricNamespaceOf(prefix),
      metricName: SILENT_ENTRY_EVENTS,
      statistic: 'Sum',
      period: Duration.hours(1),
    }),
    threshold: 0,
    ...ONCE_ABOVE,
  });
  if (!emulator) dispatchDueSilent(alarms, `${prefix}-dispatch-due`);
}

function dispatchDueSilent(alarms: Alarms, functionName: string): void {
  alarms.add('dispatch-due-silent', {
    alarmDescription: 'dispatch-due has not come to its end for a quarter of an hour: nothing that falls due goes on.',
    metric: new MathExpression({
      expression: 'invoked - errors',
      usingMetrics: {
        invoked: lambdaMetric('Invocations', functionName),
        errors: lambdaMetric('Errors', functionName),
      },
      period: FIVE_MINUTES,
    }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    // A function that is never invoked has no data points.
    treatMissingData: TreatMissingData.BREACHING,
  });
}
