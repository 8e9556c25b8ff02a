import type { Invocation } from '../../adapters/sqs/metric-events.ts';
import { channelCounts, SEND_LATENCY } from '../../core/metrics/channel-metrics.ts';
import type { MetricEvents } from '../../engine/metrics/ports.ts';
import { MAX_VALUES, writeCloudWatchMetrics } from '../cloudwatch-metrics.ts';
import { currentInvocation } from '../invocation.ts';
import { metricEvents } from './metric-events.ts';

interface Variables {
  METRIC_EVENTS_QUEUE_URL: string;
  METRICS_NAMESPACE: string;
}

/** The queue `metric-events` for those who decide about messages. */
export const messageMetricEvents = (env: Variables): MetricEvents => countedByChannel(metricEvents(env), env);

/**
 * A conditional write has found that a published event is new: so it is a CloudWatch metric of the channel at once, whether or not `record-metrics`
 * ever counts it.
 */
export const countedByChannel = (
  { publish }: MetricEvents,
  env: Pick<Variables, 'METRICS_NAMESPACE'>,
): MetricEvents => ({
  async publish(events) {
    for (const { channel, metric } of channelCounts(events)) sumsOf(env, channel).add(metric);
    await publish(events);
  },
});

/** Returns the function that notes how long a message has taken. */
export const sendLatencies = (env: Pick<Variables, 'METRICS_NAMESPACE'>) => (channel: string, ms: number) =>
  sumsOf(env, channel).note(Math.max(0, ms) / 1_000);

type Write = (metrics: Record<string, number | readonly number[]>) => void;

/** Sums up what happened on a channel in one invocation: one line at its end. */
class Sums {
  private counts: Record<string, number> = {};
  private latencies: number[] = [];
  private readonly write: Write;

  constructor(write: Write) {
    this.write = write;
  }

  add(metric: string): void {
    this.counts[metric] = (this.counts[metric] ?? 0) + 1;
  }

  note(seconds: number): void {
    this.latencies.push(seconds);
    if (this.latencies.length === MAX_VALUES) this.flush();
  }

  flush(): void {
    this.write(this.latencies.length === 0 ? this.counts : { ...this.counts, [SEND_LATENCY]: this.latencies });
    this.counts = {};
    this.latencies = [];
  }
}

const sums = new WeakMap<Invocation, Map<string, Sums>>();

function sumsOf(
  { METRICS_NAMESPACE }: Pick<Variables, 'METRICS_NAMESPACE'>,
  channel: string,
): Pick<Sums, 'add' | 'note'> {
  const invocation = currentInvocation();
  const known = invocation && sums.get(invocation)?.get(channel);
  if (known !== undefined) return known;
  const made = new Sums((metrics) => writeCloudWatchMetrics(METRICS_NAMESPACE, metrics, { channel }));
  if (invocation === undefined) return atOnce(made);
  const its = sums.get(invocation) ?? new Map<string, Sums>();
  sums.set(invocation, its.set(channel, made));
  let isOver = false;
  invocation.atEnd(async () => {
    isOver = true;
    sums.get(invocation)?.delete(channel);
    made.flush();
  });
  return isOver ? atOnce(made) : made;
}

/** Outside of an invocation, or after its end. */
const atOnce = (made: Sums): Pick<Sums, 'add' | 'note'> => ({
  add: (metric) => {
    made.add(metric);
    made.flush();
  },
  note: (seconds) => {
    made.note(seconds);
    made.flush();
  },
});
