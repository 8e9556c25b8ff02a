import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Config } from '../../config.ts';
import { type Alarms, FIVE_MINUTES, ONCE_ABOVE } from './alarms.ts';
import { lambdaMetric } from './metrics.ts';

/** Alarms on a standstill, which makes no dead letters: the API does not answer, nothing runs, nothing falls due. */
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
