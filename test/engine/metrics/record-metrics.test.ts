import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import {
  type MetricEvent,
  type MetricEventsMessage,
  MetricEventsMessageSchema,
} from '../../../core/metrics/metric-event.ts';
import type { Metrics } from '../../../engine/metrics/ports.ts';
import { type RecordMetricsDeps, recordMetrics } from '../../../engine/metrics/record-metrics.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const AT = Date.parse('2026-11-02T01:00:00Z');
const DAY = '2026-11-02';

let tables: Awaited<ReturnType<typeof startTables>>;
let real: Metrics;
let serial = 0;
beforeAll(async () => {
  tables = await startTables();
  real = metricsStore(tables.client, TABLES.metrics);
});
afterAll(() => tables.stop());

const fact = (name: string, scopes: string[], more: Partial<MetricEvent> = {}): MetricEvent => ({
  at: AT,
  scopes,
  name,
  ...more,
});
const message = (...metricEvents: MetricEvent[]): MetricEventsMessage => {
  serial += 1;
  return { id: `message-${serial}`, metricEvents };
};

/** `add` fails by scope as requested; returned sums are collected. */
function deps(add: (scope: string, real: () => Promise<boolean>) => Promise<boolean>) {
  const again: Outgoing[] = [];
  const logged: string[] = [];
  const metrics = {
    first: real.first,
    add: (...asked: Parameters<Metrics['add']>) => add(asked[0], () => real.add(...asked)),
  };
  const log = { debug() {}, info() {}, warn() {}, error: (line: string) => void logged.push(line) };
  const all: RecordMetricsDeps = { metrics, again: { send: async (sent) => void again.push(...sent) }, log };
  return { all, again, logged };
}

const counted = async (scope: string) => (await real.read(scope, DAY, DAY))[0]?.counts ?? {};

describe('a batch of metric events', () => {
  test('counts every counter in full though DynamoDB was too busy for one, and the batch comes again', async () => {
    const batch = [
      message(fact('sent', ['a', 'b']), fact('sent', ['a'])),
      message(fact('opened', ['b']), fact('sent', ['b'])),
    ];
    const { all, again } = deps(async (scope, write) => (scope === 'b' ? false : write()));
    await recordMetrics(all, batch);
    await recordMetrics(all, batch);
    expect(await counted('a')).toEqual({ sent: 2 });
    expect(await counted('b')).toEqual({});
    const calm = deps((_scope, write) => write());
    const put = again.map(({ body }) => MetricEventsMessageSchema.parse(body));
    // The queue may deliver that twice as well.
    await recordMetrics(calm.all, [...put, ...put]);
    expect(await counted('b')).toEqual({ sent: 2, opened: 1 });
    expect(again.map(({ delaySeconds }) => delaySeconds)).toEqual([60]);
  });

  test('asks again at once where DynamoDB was busy for a moment', async () => {
    let calls = 0;
    const { all, again } = deps(async (_scope, write) => {
      calls += 1;
      return calls > 2 && write();
    });
    await recordMetrics(all, [message(fact('sent', ['c']))]);
    expect(await counted('c')).toEqual({ sent: 1 });
    expect(again).toEqual([]);
  });

  test('counts all others where nobody knows of one whether it was written, and that one not twice', async () => {
    const { all, again, logged } = deps(async (scope, write) => {
      const written = await write();
      if (scope === 'd') throw new Error('no answer');
      return written;
    });
    await recordMetrics(all, [message(fact('sent', ['d', 'e']))]);
    expect(await counted('d')).toEqual({ sent: 1 });
    expect(await counted('e')).toEqual({ sent: 1 });
    expect(again).toEqual([]);
    expect(logged).toEqual(['a counter may be too low']);
  });

  test('is counted though the answer to its mark was lost, and the SDK asked again', async () => {
    const client = {
      async send(command: never) {
        await tables.client.send(command);
        return tables.client.send(command);
      },
    };
    const lossy = metricsStore(tables.client, TABLES.metrics, client as unknown as typeof tables.client);
    const { all } = deps((_scope, write) => write());
    const batch = [message(fact('sent', ['f'], { once: 'f' }))];
    await recordMetrics({ ...all, metrics: { ...all.metrics, first: lossy.first } }, batch);
    await recordMetrics({ ...all, metrics: { ...all.metrics, first: lossy.first } }, batch);
    expect(await counted('f')).toEqual({ sent: 1 });
  });
});
