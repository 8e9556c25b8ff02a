import { DAY_MS } from '../core/time/units.ts';
import type { BusEvent } from './events-rules.ts';
import { type Expression, parseExpression } from './metric-expression.ts';
import type { MetricName, Metrics, Sample } from './metrics.ts';
import { arnOf, type Json, type Template } from './template.ts';

/** Namespace of Cairn's own metrics: of AWS's there are none on this machine. */
const OWN = /^Cairn\//;

interface MetricStat {
  metric: MetricName;
  statistic: string;
  periodMs: number;
}

interface Alarm {
  name: string;
  stats: Record<string, MetricStat>;
  value: Expression;
  periodMs: number;
  periods: number;
  threshold: number;
  isBreaching: (value: number) => boolean;
  /** Whether a period without data breaches; undefined: it says nothing. */
  isMissingBreaching: boolean | undefined;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
}

const COMPARISONS: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};
const sumOf = (samples: Sample[], of: 'sum' | 'count'): number => samples.reduce((sum, sample) => sum + sample[of], 0);
const STATISTICS: Record<string, (samples: Sample[]) => number> = {
  Sum: (samples) => sumOf(samples, 'sum'),
  Maximum: (samples) => Math.max(...samples.map(({ maximum }) => maximum)),
  Average: (samples) => sumOf(samples, 'sum') / sumOf(samples, 'count'),
  p95(samples) {
    const values = samples.flatMap((sample) => sample.values).sort((a, b) => a - b);
    return values[Math.ceil(values.length * 0.95) - 1] ?? 0;
  },
};

interface Parts {
  template: Template;
  metrics: Metrics;
  now: () => number;
  /** Gets each change of a state. */
  notify: (event: BusEvent) => void;
}

/**
 * The templates' alarms on Cairn's own metrics, evaluated when a value has come, or goes out of a window in which it could matter. Alarms that
 * look at any metric of AWS are left out. @throws UnknownExpressionError, at the start
 */
export class Alarms {
  private readonly parts: Parts;
  private readonly alarms: Alarm[];

  constructor(parts: Parts) {
    this.parts = parts;
    this.alarms = parts.template.of('AWS::CloudWatch::Alarm').flatMap(({ properties }) => readAlarm(properties) ?? []);
  }

  /** Evaluates what is due. Returns whether any state has changed. */
  evaluate(): boolean {
    const now = this.parts.now();
    const isNew = this.parts.metrics.takeNews();
    if (!isNew && (this.next ?? Number.POSITIVE_INFINITY) > now) return false;
    const changed = this.alarms.filter((alarm) => this.changeState(alarm, now));
    this.parts.metrics.forget(now - this.longestMs);
    this.next = this.nextExpiry(now);
    return changed.length > 0;
  }

  /** When a value goes out of a window next. */
  nextInstant = (): number | undefined => this.next;

  states = (): { name: string; state: Alarm['state'] }[] => this.alarms.map(({ name, state }) => ({ name, state }));

  reset(): void {
    for (const alarm of this.alarms) alarm.state = 'INSUFFICIENT_DATA';
    this.next = undefined;
  }

  private next: number | undefined;

  private get longestMs(): number {
    return Math.max(DAY_MS, ...this.alarms.map(({ periodMs, periods }) => periodMs * periods));
  }

  /** Returns whether it is another one. */
  private changeState(alarm: Alarm, now: number): boolean {
    const points = Array.from({ length: alarm.periods }, (_, index) => this.point(alarm, now - index * alarm.periodMs));
    const breaching = points.map((point) =>
      point === undefined ? alarm.isMissingBreaching : alarm.isBreaching(point),
    );
    const state = breaching.every((one) => one === undefined)
      ? alarm.state
      : breaching.every((one) => one !== false)
        ? 'ALARM'
        : 'OK';
    if (state === alarm.state) return false;
    const previous = alarm.state;
    alarm.state = state;
    this.parts.notify(stateChange(alarm, previous, points, now));
    return true;
  }

  /** Value of the period that ends now; undefined: there is none. */
  private point({ stats, value }: Alarm, end: number): number | undefined {
    return value((id) => {
      const stat = stats[id];
      if (stat === undefined) throw new Error(`the alarm has no metric ${id}`);
      const samples = this.parts.metrics.between(stat.metric, end - stat.periodMs, end);
      return samples.length === 0 ? undefined : STATISTICS[stat.statistic]?.(samples);
    });
  }

  /** Returns when next a sample leaves the window of an alarm that is on, or all of whose metrics have values: no other can go on by a sample less. */
  private nextExpiry(now: number): number | undefined {
    const instants = this.alarms.flatMap((alarm) => {
      const minutes = Object.values(alarm.stats).map(({ metric }) =>
        this.parts.metrics.minutesOf(metric, now - alarm.periodMs * alarm.periods),
      );
      const matters = alarm.state === 'ALARM' || (minutes.length > 1 && minutes.every(({ length }) => length > 0));
      return matters
        ? minutes
            .flat()
            .flatMap((minute) => [...Array(alarm.periods).keys()].map((n) => minute + (n + 1) * alarm.periodMs))
        : [];
    });
    const next = Math.min(...instants.filter((at) => at > now));
    return Number.isFinite(next) ? next : undefined;
  }
}

function stateChange(
  { name, state, threshold }: Alarm,
  previous: string,
  points: (number | undefined)[],
  now: number,
): BusEvent {
  const time = new Date(now).toISOString();
  const recentDatapoints = points.toReversed().filter((point) => point !== undefined);
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    time,
    resources: [arnOf('cloudwatch', `alarm:${name}`)],
    detail: {
      alarmName: name,
      state: {
        value: state,
        timestamp: time.replace('Z', '+0000'),
        reasonData: JSON.stringify({ version: '1.0', recentDatapoints, threshold }),
      },
      previousState: { value: previous },
    },
  };
}

function readAlarm(properties: Json): Alarm | undefined {
  const name = String(properties.AlarmName);
  const stats = statsOf(properties);
  if (!Object.values(stats).every(({ metric }) => OWN.test(metric.namespace))) return undefined;
  const compare = COMPARISONS[String(properties.ComparisonOperator)];
  const unknown = Object.values(stats).find(({ statistic }) => !Object.hasOwn(STATISTICS, statistic));
  if (compare === undefined || unknown !== undefined || properties.DatapointsToAlarm !== undefined)
    throw new Error(`the alarm ${name} compares or counts in a way that the embedded cloud does not know`);
  const threshold = Number(properties.Threshold);
  return {
    name,
    stats,
    value: expressionOf(properties, name),
    periodMs: Math.max(...Object.values(stats).map(({ periodMs }) => periodMs)),
    periods: Number(properties.EvaluationPeriods),
    threshold,
    isBreaching: (value) => compare(value, threshold),
    isMissingBreaching: { breaching: true, notBreaching: false }[String(properties.TreatMissingData)],
    state: 'INSUFFICIENT_DATA',
  };
}

interface Queried {
  Id: string;
  Expression?: string;
  ReturnData?: boolean;
  MetricStat?: { Metric: Json; Period: number; Stat: string };
}
const queriedIn = ({ Metrics }: Json): Queried[] | undefined => Metrics as Queried[] | undefined;

function statsOf(properties: Json): Record<string, MetricStat> {
  const queried = queriedIn(properties);
  if (queried === undefined) {
    const { Statistic, ExtendedStatistic, Period } = properties;
    return {
      only: {
        metric: metricOf(properties),
        statistic: String(Statistic ?? ExtendedStatistic),
        periodMs: Number(Period) * 1_000,
      },
    };
  }
  return Object.fromEntries(
    queried.flatMap(({ Id, MetricStat: stat }) =>
      stat === undefined
        ? []
        : [[Id, { metric: metricOf(stat.Metric), statistic: stat.Stat, periodMs: stat.Period * 1_000 }]],
    ),
  );
}

const metricOf = ({ Namespace, MetricName, Dimensions = [] }: Json): MetricName => ({
  namespace: String(Namespace),
  name: String(MetricName),
  dimensions: Object.fromEntries(
    (Dimensions as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, String(Value)]),
  ),
});

function expressionOf(properties: Json, name: string): Expression {
  const queried = queriedIn(properties);
  if (queried === undefined) return (values) => values('only');
  const expressions = queried.filter(({ Expression }) => Expression !== undefined);
  const [{ Expression: text } = {}] = expressions;
  if (expressions.length !== 1 || text === undefined)
    throw new Error(`the alarm ${name} has several expressions, which the embedded cloud does not know`);
  return parseExpression(text);
}
