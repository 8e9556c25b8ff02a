import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EXPECTED_ERROR, RUN_PARKED } from '../../../core/metrics/log-lines.ts';
import type { Config } from '../../config.ts';
import type { JourneyRunner } from '../processing/journey-runner.ts';
import { type Alarms, ONCE_ABOVE, QUARTER_HOUR } from './alarms.ts';
import { lambdaMetric, logLineMetric } from './metrics.ts';

/** Functions of the journeys' state machines, whose errors are counted without those by which a run leaves it. */
export const JOURNEY_TASKS: readonly string[] = ['advance-run', 'register-task-token'];

/** Journeys that fail, are lost, or start each other without end. */
export function runAlarms(alarms: Alarms, config: Config, { advanceRun, registerTaskToken }: JourneyRunner): void {
  taskErrors(alarms, config, { 'advance-run': advanceRun, 'register-task-token': registerTaskToken });
  lostExecutions(alarms, config);
  stoppedLoops(alarms, config);
  if (!config.emulator) openExecutions(alarms);
}

/**
 * Share of failed tasks of the journeys' state machines. It uses Lambda's own errors, so that time-outs count, without the errors that end a task
 * because its run has gone on elsewhere. Few failures among few invocations count too, since a failing journey is retried for a long time. Each
 * function has its own alarm: Lambda has no data points for a function that is not invoked, and a sum over several would then have none.
 */
function taskErrors(
  alarms: Alarms,
  { prefix, emulator }: Config,
  tasks: Record<string, Pick<JourneyRunner['advanceRun'], 'fn'>>,
): void {
  for (const [name, { fn }] of Object.entries(tasks)) {
    const left = logLineMetric(alarms, {
      prefix,
      metricName: `TasksEndedAsExpected-${name}`,
      functions: [name],
      message: EXPECTED_ERROR,
      otherwise: 0,
    });
    if (emulator) continue;
    alarms.add(`${name}-errors`, {
      alarmDescription: `More than 5 % of the journeys’ tasks by ${name} fail; Step Functions retries them.`,
      metric: new MathExpression({
        expression: 'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
        usingMetrics: {
          invoked: fn.metricInvocations(),
          failed: new MathExpression({
            expression: 'errors - FILL(left, 0)',
            usingMetrics: { errors: fn.metricErrors(), left },
          }),
        },
        period: QUARTER_HOUR,
      }),
      threshold: 0,
      ...ONCE_ABOVE,
    });
  }
}

/** Executions that failed after all retries: their customers stay where they were. */
function lostExecutions(alarms: Alarms, { prefix }: Config): void {
  alarms.add('lost-executions', {
    alarmDescription: 'A journey’s execution failed, timed out or was aborted; its run is parked and tried again.',
    metric: logLineMetric(alarms, {
      prefix,
      metricName: 'RunsParked',
      functions: ['handle-failed-execution', 'recover-lost-runs'],
      message: RUN_PARKED,
    }),
    threshold: 0,
    ...ONCE_ABOVE,
  });
}

/** Chains of invocations that Lambda stopped, caused by journeys that start each other without end. */
function stoppedLoops(alarms: Alarms, { prefix }: Config): void {
  for (const name of ['process-events', 'start-run', 'stop-executions'])
    alarms.add(`${name}-loop`, {
      alarmDescription: `Lambda stopped a chain in which ${name} was invoked 16 times: journeys or tags set each other off without end.`,
      metric: lambdaMetric('RecursiveInvocationsDropped', `${prefix}-${name}`),
      threshold: 0,
      ...ONCE_ABOVE,
    });
}

/** The quota is the account's and Region's: without room, nobody enters. AWS says that the count is approximate, and 0 below some thousands. */
function openExecutions(alarms: Alarms): void {
  const metric = (metricName: string) =>
    new Metric({ namespace: 'AWS/States', metricName, statistic: 'Maximum', period: QUARTER_HOUR });
  alarms.add('open-executions', {
    alarmDescription: 'More than 80 % of the open executions that the account may have: ask for more.',
    metric: new MathExpression({
      expression: '100 * open / limit',
      usingMetrics: { open: metric('OpenExecutionCount'), limit: metric('OpenExecutionLimit') },
      period: QUARTER_HOUR,
    }),
    threshold: 80,
    ...ONCE_ABOVE,
  });
}
