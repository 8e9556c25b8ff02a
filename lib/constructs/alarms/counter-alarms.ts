import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { COUNTER_DRIFT } from '../../../core/metrics/recount.ts';
import { REPORT_DRIFT } from '../../../core/results/cell-drift.ts';
import { LAKE_DRIFT } from '../../../core/results/lake-drift.ts';
import type { Config } from '../../config.ts';
import { type Alarms, ONCE_ABOVE, QUARTER_HOUR } from './alarms.ts';
import { metricNamespaceOf } from './metrics.ts';

/** The amount by which the counters of messages differed from the rows, as the nightly recount found. */
export const driftMetric = ({ prefix }: Pick<Config, 'prefix'>, period = QUARTER_HOUR): Metric =>
  new Metric({ namespace: metricNamespaceOf(prefix), metricName: COUNTER_DRIFT, statistic: 'Sum', period });

/** The facts in the data lake differed from the counters. */
export const lakeDriftMetric = ({ prefix }: Pick<Config, 'prefix'>, period = QUARTER_HOUR): Metric =>
  new Metric({ namespace: metricNamespaceOf(prefix), metricName: LAKE_DRIFT, statistic: 'Sum', period });

/** Counters of reports differed from the lake. */
export const reportDriftMetric = ({ prefix }: Pick<Config, 'prefix'>, period = QUARTER_HOUR): Metric =>
  new Metric({ namespace: metricNamespaceOf(prefix), metricName: REPORT_DRIFT, statistic: 'Sum', period });

/** The recount has mended the counters by then; that it had to is worth an alarm. */
export function counterAlarms(alarms: Alarms, config: Config): void {
  alarms.add('counter-drift', {
    alarmDescription:
      'The nightly recount found counters of messages that differ from the rows; it has corrected those that were too low.',
    metric: driftMetric(config),
    threshold: 0,
    ...ONCE_ABOVE,
  });
  alarms.add('lake-drift', {
    alarmDescription:
      'Facts of a day in the data lake differ from the counters: what is asked of the lake is wrong by them.',
    metric: lakeDriftMetric(config),
    threshold: 0,
    ...ONCE_ABOVE,
  });
  alarms.add('report-drift', {
    alarmDescription:
      'The nightly recount found counters of reports that differ from the data lake; it has corrected those that were surely too low.',
    metric: reportDriftMetric(config),
    threshold: 0,
    ...ONCE_ABOVE,
  });
}
