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

const keyOf = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

export type Metrics = ReturnType<typeof startMetrics>;

/** Custom metrics of CloudWatch, from lines in the embedded metric format, by minute; in memory, for as long as alarms look back. */
export function startMetrics() {
  const samples = new Map<string, Map<number, number[]>>();
  let isNew = false;

  function add(key: string, minute: number, values: readonly number[]): void {
    const minutes = samples.get(key) ?? new Map<number, number[]>();
    samples.set(key, minutes);
    // A sum is enough to know, except where each value counts.
    minutes.set(minute, [...(minutes.get(minute) ?? []), ...values]);
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
            add(keyOf({ namespace, name, dimensions }), minute, [line[name] as number | number[]].flat());
          }
    },
    /** Values of minutes that begin after `from`, up to `to`. */
    between(metric: MetricName, from: number, to: number): number[] {
      const minutes = samples.get(keyOf(metric)) ?? new Map<number, number[]>();
      return [...minutes].flatMap(([minute, values]) => (minute > from && minute <= to ? values : []));
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
