import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { functionNames } from '../../bundles.ts';
import type { Config } from '../../config.ts';
import { type Alarms, ONCE_ABOVE, QUARTER_HOUR } from './alarms.ts';
import { lambdaMetric } from './metrics.ts';
import { JOURNEY_TASKS } from './run-alarms.ts';

/**
 * Two a function: it fails or runs out of time or memory, and it is throttled. A function that answers for its own failures, by a 500 or by messages
 * that come again, does not fail by Lambda's count: `api-errors` and the ages of the queues are for those.
 */
export function functionAlarms(alarms: Alarms, { prefix, emulator, alarms: { functions } }: Config): void {
  if (!functions) return;
  for (const name of functionNames()) {
    const functionName = `${prefix}-${name}`;
    alarms.add(`${name}-throttles`, {
      alarmDescription: `${name} has been throttled for a quarter of an hour: the account has too few concurrent executions.`,
      metric: lambdaMetric('Throttles', functionName),
      threshold: 0,
      ...ONCE_ABOVE,
      evaluationPeriods: 3,
    });
    // The journeys' tasks have an alarm that knows which of their errors are none.
    if (emulator || JOURNEY_TASKS.includes(name)) continue;
    alarms.add(`${name}-errors`, {
      alarmDescription: `More than 5 % of the invocations of ${name} fail.`,
      metric: new MathExpression({
        expression: 'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
        usingMetrics: {
          invoked: lambdaMetric('Invocations', functionName),
          failed: lambdaMetric('Errors', functionName),
        },
        period: QUARTER_HOUR,
      }),
      threshold: 0,
      ...ONCE_ABOVE,
    });
  }
}
