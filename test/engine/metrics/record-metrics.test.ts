import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cellStore } from '../../../adapters/dynamo/cells.ts';
import { cohortStore } from '../../../adapters/dynamo/cohorts.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import { defaultSettings, type Guardrail, SettingsSchema } from '../../../core/definitions/settings.ts';
import { entryEventSum } from '../../../core/metrics/entry-event-counts.ts';
import { dayCounts, hourCounts, ingestionSum } from '../../../core/metrics/ingestion-hours.ts';
import { messageIdOf, SERIES_LENGTH } from '../../../core/metrics/mark-series.ts';
import {
  type MetricEvent,
  type MetricEventsMessage,
  MetricEventsMessageSchema,
  type Sum,
} from '../../../core/metrics/metric-event.ts';
import { droppedEvent } from '../../../core/metrics/profile-events.ts';
import { arrivals } from '../../../engine/metrics/arrivals.ts';
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

/** Of a template (`template:<id>`), and where they are named of a journey (`journey:<id>`). */
const fact = (metric: string, dimensions: MetricEvent['dimensions'], more: Partial<MetricEvent> = {}): MetricEvent => ({
  at: AT,
  of: 'message',
  metric,
  dimensions,
  ...more,
});
const message = (...metricEvents: MetricEvent[]): MetricEventsMessage => {
  serial += 1;
  return { id: `message-${serial}`, metricEvents };
};

/** `add` fails by scope as requested; returned sums are collected. */
function deps(add: (scope: string, real: () => Promise<boolean>) => Promise<boolean>, guardrails: Guardrail[] = []) {
  const settings = { ...defaultSettings(), guardrails };
  const checked: Outgoing[] = [];
  const again: Outgoing[] = [];
  const logged: string[] = [];
  const metrics = {
    first: real.first,
    firstOf: real.firstOf,
    add: (sum: Sum) => add(sum.scope, () => real.add(sum)),
  };
  const log = { debug() {}, info() {}, warn() {}, error: (line: string) => void logged.push(line) };
  const reported: object[] = [];
  const all: RecordMetricsDeps = {
    metrics,
    facts: { write: async () => {} },
    catalog: {
      snapshot: async () => ({
        snapshot: { ...emptySnapshot(), settings },
        pointer: { version: 1, channels: {}, journeys: {} },
      }),
    },
    guardrails: { send: async (sent) => void checked.push(...sent) },
    again: { send: async (sent) => void again.push(...sent) },
    arrivals: arrivals(),
    report: (counts) => void reported.push(counts),
    clock: () => AT,
    log,
  };
  return { all, again, logged, reported, checked };
}

const counted = async (scope: string) => (await real.read(scope, DAY, DAY))[0]?.counts ?? {};

describe('an event that starts a journey', () => {
  const came = (at: number) => ({ ...message(), sums: [entryEventSum('Signed Up', 3, at)] });

  test('is counted by the hour of its arrival, and its silence looked for once a day', async () => {
    const { all, checked, reported } = deps((_scope, write) => write());
    await recordMetrics(all, [came(AT), came(AT + 3600_000)]);
    await recordMetrics(all, [came(AT)]);
    expect(await counted('event:Signed Up')).toMatchObject({ '01:came': 6, '02:came': 3 });
    expect(checked.map(({ body }) => body)).toEqual([{ scopes: ['event:Signed Up'] }]);
    await recordMetrics({ ...all, clock: () => AT + 86_400_000 }, [came(AT + 86_400_000)]);
    expect(checked).toHaveLength(2);
    expect(reported).toEqual([]);
  });
});

describe('a batch of metric events', () => {
  test('counts every counter in full though DynamoDB was too busy for one, and the batch comes again', async () => {
    const batch = [
      message(fact('sent', { template: 'a', journey: 'b' }), fact('sent', { template: 'a' })),
      message(fact('opened', { journey: 'b' }), fact('sent', { journey: 'b' })),
    ];
    const { all, again } = deps(async (scope, write) => (scope === 'journey:b' ? false : write()));
    await recordMetrics(all, batch);
    await recordMetrics(all, batch);
    expect(await counted('template:a')).toEqual({ sent: 2 });
    expect(await counted('journey:b')).toEqual({});
    const calm = deps((_scope, write) => write());
    const put = again.map(({ body }) => MetricEventsMessageSchema.parse(body));
    // The queue may deliver that twice as well.
    await recordMetrics(calm.all, [...put, ...put]);
    expect(await counted('journey:b')).toEqual({ sent: 2, opened: 1 });
    expect(again.map(({ delaySeconds }) => delaySeconds)).toEqual([60]);
  });

  test('keeps money that is beyond the exact numbers, and what is counted beside it', async () => {
    const revenue = (order: number) =>
      fact('revenue', { template: 'rich' }, { once: `absurd-${order}`, amount: 1e14, currency: 'CNY' });
    const { all, logged } = deps((_scope, write) => write());
    const orders = Array.from({ length: 95 }, (_, n) => revenue(n));
    await recordMetrics(all, [message(fact('sent', { template: 'rich' }), ...orders)]);
    await recordMetrics(all, [message(fact('sent', { template: 'rich' }))]);
    expect(logged).toEqual([]);
    expect(await counted('template:rich')).toEqual({ sent: 2, 'revenue:CNY': 95e14 });
    const [cell] = await cellStore(tables.client, TABLES.metrics).read('report#template:rich', DAY, DAY);
    expect(cell?.counts).toMatchObject({ 'sent@09': 2, 'revenue:CNY@09': 95e14, 'orders:CNY@09': 95 });
  });

  test('writes so many counters at a time as an expression of DynamoDB may have', async () => {
    const written: number[] = [];
    const { all } = deps((_scope, write) => write());
    const reasons = Array.from({ length: 450 }, (_, n) => fact('failed', { template: 'many' }, { detail: `r${n}` }));
    const metrics = {
      ...all.metrics,
      add: (sum: Sum) => {
        written.push(Object.keys(sum.counts).length);
        return all.metrics.add(sum);
      },
    };
    await recordMetrics({ ...all, metrics }, [message(...reasons)]);
    expect(Object.keys(await counted('template:many'))).toHaveLength(450);
    expect(Math.max(...written)).toBeLessThanOrEqual(100);
  });

  test('asks again at once where DynamoDB was busy for a moment', async () => {
    let calls = 0;
    const { all, again } = deps(async (_scope, write) => {
      calls += 1;
      return calls > 2 && write();
    });
    await recordMetrics(all, [message(fact('sent', { template: 'c' }))]);
    expect(await counted('template:c')).toEqual({ sent: 1 });
    expect(again).toEqual([]);
  });

  test('counts all others where nobody knows of one whether it was written, and that one not twice', async () => {
    const { all, again, logged } = deps(async (scope, write) => {
      const written = await write();
      if (scope === 'template:d') throw new Error('no answer');
      return written;
    });
    await recordMetrics(all, [message(fact('sent', { template: 'd', journey: 'e' }))]);
    expect(await counted('template:d')).toEqual({ sent: 1 });
    expect(await counted('journey:e')).toEqual({ sent: 1 });
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
    const batch = [message(fact('sent', { template: 'f' }, { once: 'f' }))];
    await recordMetrics({ ...all, metrics: { ...all.metrics, first: lossy.first } }, batch);
    await recordMetrics({ ...all, metrics: { ...all.metrics, first: lossy.first } }, batch);
    expect(await counted('template:f')).toEqual({ sent: 1 });
  });

  test('counts an event whose own mark failed when it comes again, though the rest of its message is counted', async () => {
    const { all } = deps((_scope, add) => add());
    const mixed = message(
      fact('sent', { template: 'mixed' }),
      fact('goal', { journey: 'mixed' }, { of: 'run', once: 'mixed:goal' }),
    );
    const throttled = { ...all.metrics, first: () => Promise.reject(new Error('throttled')) };
    await expect(recordMetrics({ ...all, metrics: throttled }, [mixed])).rejects.toThrow('could not be marked');
    await recordMetrics(all, [mixed]);
    await recordMetrics(all, [mixed]);
    expect(await counted('template:mixed')).toEqual({ sent: 1 });
    expect(await counted('journey:mixed')).toEqual({ goal: 1 });
  });

  test('marks a message of events that have marks of their own by these alone', async () => {
    const { all } = deps((_scope, add) => add());
    const marks: string[] = [];
    const metrics: typeof all.metrics = {
      ...all.metrics,
      first: async (mark, now) => {
        marks.push(mark);
        return real.first(mark, now);
      },
      firstOf: async (series, numbers, now) => {
        marks.push(series);
        return real.firstOf(series, numbers, now);
      },
    };
    const reached = message(fact('goal', { journey: 'marked' }, { of: 'run', once: 'marked:goal' }));
    await recordMetrics({ ...all, metrics }, [reached]);
    await recordMetrics({ ...all, metrics }, [reached, { ...reached, id: 'another' }]);
    expect(marks).toEqual(['marked:goal', 'marked:goal', 'marked:goal']);
    expect(await counted('journey:marked')).toMatchObject({ goal: 1 });
  });

  /** Messages of one publisher. */
  const series = (name: string, count: number, template: string): MetricEventsMessage[] =>
    Array.from({ length: count }, (_, number) => ({
      id: messageIdOf(name, number),
      metricEvents: [fact('sent', { template })],
    }));

  test('of many messages costs one mark for each series, one counter, and two cells of reports', async () => {
    let [marks, adds] = [0, 0];
    const { all } = deps((_scope, write) => {
      adds += 1;
      return write();
    });
    const metrics: typeof all.metrics = {
      ...all.metrics,
      firstOf: async (...asked) => {
        marks += 1;
        return real.firstOf(...asked);
      },
    };
    const batch = [...series('x', SERIES_LENGTH, 'i'), ...series('y', SERIES_LENGTH, 'i')];
    await recordMetrics({ ...all, metrics }, batch);
    expect([marks, adds]).toEqual([2, 3]);
    expect(await counted('template:i')).toEqual({ sent: 2 * SERIES_LENGTH });
  });

  test('counts each message of a series once, in whatever batches it comes again', async () => {
    const { all } = deps((_scope, write) => write());
    const [one, two, three, four] = series('again', 4, 'j') as [
      MetricEventsMessage,
      MetricEventsMessage,
      MetricEventsMessage,
      MetricEventsMessage,
    ];
    for (const batch of [[one, two, two], [two, three], [one, two, three, four, four], [four]])
      await recordMetrics(all, batch);
    expect(await counted('template:j')).toEqual({ sent: 4 });
  });

  test('counts each message of a series once, though batches that share it are counted side by side', async () => {
    const { all } = deps((_scope, write) => write());
    const many = series('side', 30, 'k');
    await Promise.all(
      Array.from({ length: 6 }, (_, at) => recordMetrics(all, [...many.slice(at * 5, at * 5 + 10), ...many.slice(25)])),
    );
    expect(await counted('template:k')).toEqual({ sent: 30 });
  });

  test('is counted though the answer to the mark of its series was lost, and the SDK asked again', async () => {
    const client = {
      async send(command: never) {
        await tables.client.send(command).catch(() => undefined);
        return tables.client.send(command);
      },
    };
    const lossy = metricsStore(tables.client, TABLES.metrics, client as unknown as typeof tables.client);
    const { all } = deps((_scope, write) => write());
    const metrics = { ...all.metrics, firstOf: lossy.firstOf };
    const many = series('lost', 4, 'l');
    for (const batch of [many.slice(0, 2), many, many]) await recordMetrics({ ...all, metrics }, batch);
    expect(await counted('template:l')).toEqual({ sent: 4 });
  });

  test('stays uncounted after a death between its marks and its counters, and is never counted twice', async () => {
    let hasDied = false;
    const dying = deps(() => {
      hasDied = true;
      return new Promise<boolean>(() => undefined);
    });
    const many = series('dead', 3, 'm');
    void recordMetrics(dying.all, many.slice(0, 2));
    await expect.poll(() => hasDied).toBe(true);
    const { all } = deps((_scope, write) => write());
    await recordMetrics(all, many);
    expect(await counted('template:m')).toEqual({ sent: 1 });
  });

  test('that could not be marked is delivered again, and the rest of it is counted once', async () => {
    const { all } = deps((_scope, write) => write());
    let fails = true;
    const metrics: typeof all.metrics = {
      ...all.metrics,
      firstOf: async (name, ...asked) => {
        if (fails && name === 'faulty') throw new Error('no answer');
        return real.firstOf(name, ...asked);
      },
    };
    const batch = [...series('faulty', 2, 'n'), ...series('sound', 2, 'n')];
    await expect(recordMetrics({ ...all, metrics }, batch)).rejects.toThrow('1 metric events could not be marked');
    expect(await counted('template:n')).toEqual({ sent: 2 });
    fails = false;
    await recordMetrics({ ...all, metrics }, batch);
    expect(await counted('template:n')).toEqual({ sent: 4 });
  });

  test('has marks whose item stays under a kilobyte, which is one write unit', async () => {
    const { all } = deps((_scope, write) => write());
    for (const one of series('full', SERIES_LENGTH, 'o')) await recordMetrics(all, [one]);
    const items = (await tables.client.send(new ScanCommand({ TableName: TABLES.metrics }))).Items ?? [];
    const full = items.find(({ sk, [`m${SERIES_LENGTH - 1}`]: last }) => sk === 'SERIES' && last !== undefined);
    expect(Object.keys(full ?? {}).length).toBe(SERIES_LENGTH + 3);
    expect(JSON.stringify(full).length - 6 * Object.keys(full ?? {}).length).toBeLessThan(1_000);
  });

  describe('of messages that guardrails watch', () => {
    const { guardrails } = SettingsSchema.parse({
      guardrails: [
        { metric: 'unsubscribe', scope: 'channel', over: 0.05, do: 'pause' },
        { metric: 'open', scope: 'node', underBaseline: 0.05, within: '2h', matureAfter: '1h', do: 'alert' },
      ],
    });
    const messageEvent = (metric: string, more: Partial<MetricEvent> = {}) =>
      fact(metric, { journey: 'g', node: 'ask', channel: 'email' }, { sentAt: AT + 1, ...more });
    const hours = (scope: string, generation = 0) =>
      cohortStore(tables.client, TABLES.metrics).hours(scope, generation, AT, AT + 3600_000);

    test('counts them by the minute of their sending, whenever what they do becomes known, a generation apart', async () => {
      const { all, checked } = deps((_scope, write) => write(), guardrails);
      await recordMetrics(all, [
        message(messageEvent('sent'), messageEvent('sent', { sentAt: AT }), messageEvent('delivered')),
        message(
          messageEvent('unsubscribed', { at: AT + 86_400_000 }),
          messageEvent('sent', { generations: { channel: 2, source: 0 } }),
          messageEvent('opened', { machine: true, interest: 'first' }),
          messageEvent('opened', { interest: 'first' }),
          messageEvent('clicked', { interest: 'again' }),
        ),
      ]);
      expect(await hours('channel:email')).toEqual([{ sk: '2026-11-02T01#email', counts: { s00: 1, s01: 1, u01: 1 } }]);
      expect(await hours('channel:email', 2)).toEqual([{ sk: '2026-11-02T01#email', counts: { s01: 1 } }]);
      expect(await hours('journey:g:ask')).toEqual([{ sk: '2026-11-02T01#email', counts: { s00: 1, s01: 2, o01: 1 } }]);
      expect(await hours('journey:g')).toEqual([]);
      expect(await cohortStore(tables.client, TABLES.metrics).days('journey:g:ask', DAY, DAY)).toEqual([
        { sk: '2026-11-02#email', counts: { s: 3, o: 1 } },
      ]);
      expect(checked.map(({ body }) => body)).toEqual([{ scopes: ['channel:email', 'journey:g:ask'] }]);
    });

    test('has their guardrails checked again when the batch comes again, because it may have broken off there', async () => {
      const { all, checked } = deps((_scope, write) => write(), guardrails);
      const batch = [message(messageEvent('sent', { sentAt: AT + 7_200_000 }))];
      await recordMetrics(all, batch);
      await recordMetrics(all, batch);
      expect(checked).toHaveLength(2);
      const later = await cohortStore(tables.client, TABLES.metrics).hours(
        'channel:email',
        0,
        AT + 7_200_000,
        AT + 7_200_000,
      );
      expect(later).toEqual([{ sk: '2026-11-02T03#email', counts: { s00: 1 } }]);
    });

    test('writes one item more for each scope that is watched, and none of what nobody watches', async () => {
      const writes: string[] = [];
      const { all } = deps(async (scope, write) => {
        writes.push(scope);
        return write();
      }, guardrails);
      await recordMetrics(all, [message(...Array.from({ length: 50 }, () => messageEvent('sent')))]);
      expect(writes.sort()).toEqual([
        'channel:email',
        'guard#channel:email#0',
        'guard#journey:g:ask#0',
        'guard#journey:g:ask#days',
        'journey:g',
        'journey:g:ask',
        'report#all',
        'report#channel:email',
        'report#journey:g',
      ]);
    });
  });

  test('counts ingestion by day and by hour in one write, and reports it to CloudWatch once it is counted', async () => {
    const { all, again, reported } = deps(async (scope, write) => scope !== 'ingestion' && write());
    const dropped = droppedEvent('enter', ['run'], AT);
    const sums = [
      ingestionSum({ accepted: 2 }, AT),
      ingestionSum({ accepted: 3, 'rejected:event': 1 }, AT + 90 * 60_000),
    ];
    await recordMetrics(all, [{ ...message(dropped, dropped), sums }]);
    expect([reported, again]).toEqual([[], [expect.objectContaining({ delaySeconds: 60 })]]);
    const calm = deps((_scope, write) => write());
    await recordMetrics(
      calm.all,
      again.map(({ body }) => MetricEventsMessageSchema.parse(body)),
    );
    const day = { accepted: 5, 'rejected:event': 1, 'dropped:enter': 1 };
    const counts = await counted('ingestion');
    expect(dayCounts(counts)).toEqual(day);
    expect(hourCounts(DAY, counts)).toEqual([
      { hour: '2026-11-02T01', counts: { accepted: 2, 'dropped:enter': 1 } },
      { hour: '2026-11-02T02', counts: { accepted: 3, 'rejected:event': 1 } },
    ]);
    expect(calm.reported).toEqual([day]);
  });
});

describe('the facts of a batch', () => {
  const written = (all: RecordMetricsDeps, isFailing = () => false) => {
    const files: [string, string[]][] = [];
    const write = async (name: string, rows: readonly { id: string }[]) => {
      if (isFailing()) throw new Error('S3 is not there');
      files.push([name, rows.map(({ id }) => id)]);
    };
    return { files, all: { ...all, facts: { write } } };
  };

  test('are written at each delivery under one name, whatever was counted before', async () => {
    const { files, all } = written(deps((_, add) => add()).all);
    const batch = [message(fact('sent', { template: 'kept' })), message(fact('sent', { template: 'kept' }))];
    await recordMetrics(all, batch);
    await recordMetrics(all, batch.toReversed());
    expect(files).toHaveLength(2);
    expect(files[0]?.[0]).toBe(files[1]?.[0]);
    expect(files[0]?.[1].toSorted()).toEqual(files[1]?.[1].toSorted());
    expect(await counted('template:kept')).toEqual({ sent: 2 });
  });

  test('come again if they could not be written, and are counted once meanwhile', async () => {
    let isDown = true;
    const { files, all } = written(deps((_, add) => add()).all, () => isDown);
    const batch = [message(fact('sent', { template: 'late' }))];
    await expect(recordMetrics(all, batch)).rejects.toThrow('kept');
    expect(await counted('template:late')).toEqual({ sent: 1 });
    isDown = false;
    await recordMetrics(all, batch);
    expect(files).toHaveLength(1);
    expect(await counted('template:late')).toEqual({ sent: 1 });
  });
});
