const MINUTE = 60_000;

export interface MetricName {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

interface Line {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [key: string]: unknown;
}

/** The values of a metric in one minute, summed up. */
export interface Sample {
  sum: number;
  count: number;
  maximum: number;
  /** Each value, where a line had several: those that percentiles are taken of. */
  values: number[];
}

const keyOf = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

export type Metrics = ReturnType<typeof startMetrics>;

/** Custom metrics of CloudWatch, from lines in the embedded metric format, by minute; in memory, for as long as alarms look back. */
export function startMetrics() {
  const samples = new Map<string, Map<number, Sample>>();
  let isNew = false;

  function add(key: string, minute: number, given: number | readonly number[]): void {
    const minutes = samples.get(key) ?? new Map<number, Sample>();
    samples.set(key, minutes);
    const sample = minutes.get(minute) ?? { sum: 0, count: 0, maximum: Number.NEGATIVE_INFINITY, values: [] };
    minutes.set(minute, sample);
    for (const value of [given].flat()) {
      sample.sum += value;
      sample.count += 1;
      sample.maximum = Math.max(sample.maximum, value);
      if (typeof given !== 'number') sample.values.push(value);
    }
    isNew = true;
  }

  return {
    take(text: string): void {
      const line = JSON.parse(text) as Line;
      const minute = Math.floor(line._aws.Timestamp / MINUTE) * MINUTE;
      for (const { Namespace: namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics)
        for (const names of Dimensions)
          for (const { Name: name } of Metrics) {
            const dimensions = Object.fromEntries(names.map((one) => [one, String(line[one])]));
            add(keyOf({ namespace, name, dimensions }), minute, line[name] as number | number[]);
          }
    },
    /** Minutes that begin after `from`, up to `to`. */
    between(metric: MetricName, from: number, to: number): Sample[] {
      const minutes = samples.get(keyOf(metric)) ?? new Map<number, Sample>();
      return [...minutes].flatMap(([minute, sample]) => (minute > from && minute <= to ? [sample] : []));
    },
    /** Minutes after `from` in which the metric has values. */
    minutesOf: (metric: MetricName, from: number): number[] =>
      [...(samples.get(keyOf(metric))?.keys() ?? [])].filter((minute) => minute > from),
    forget(before: number): void {
      for (const minutes of samples.values())
        for (const minute of minutes.keys()) if (minute <= before) minutes.delete(minute);
    },
    /** Whether anything came since the last call. */
    takeNews(): boolean {
      const was = isNew;
      isNew = false;
      return was;
    },
    reset(): void {
      samples.clear();
      isNew = false;
    },
  };
}
