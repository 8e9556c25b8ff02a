import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { COUNTER_DRIFT } from '../../../core/metrics/recount.ts';
import type { Config } from '../../config.ts';
import { type Alarms, ONCE_ABOVE, QUARTER_HOUR } from './alarms.ts';
import { metricNamespaceOf } from './metrics.ts';

/** By how much the counters of messages differed from the rows, as the nightly recount found. */
export const driftMetric = ({ prefix }: Pick<Config, 'prefix'>, period = QUARTER_HOUR): Metric =>
  new Metric({ namespace: metricNamespaceOf(prefix), metricName: COUNTER_DRIFT, statistic: 'Sum', period });

/** What was lost is mended by then; that it was lost is news. */
export function counterAlarms(alarms: Alarms, config: Config): void {
  alarms.add('counter-drift', {
    alarmDescription:
      'The nightly recount found counters of messages that differ from the rows; it has corrected those that were too low.',
    metric: driftMetric(config),
    threshold: 0,
    ...ONCE_ABOVE,
  });
}
