import { expect, test } from 'vitest';
import { Alarms } from '../../local/alarms.ts';
import { startMetrics } from '../../local/metrics.ts';
import type { Template } from '../../local/template.ts';

const START = Date.parse('2026-11-02T01:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const stat = (Id: string, MetricName: string, Namespace = 'Cairn/cairn') => ({
  Id,
  MetricStat: {
    Metric: { Namespace, MetricName, Dimensions: [{ Name: 'channel', Value: 'sms' }] },
    Period: 86_400,
    Stat: 'Sum',
  },
});
const share = {
  AlarmName: 'share',
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 1,
  Threshold: 10,
  TreatMissingData: 'notBreaching',
  Metrics: [
    { Id: 'expr', Expression: 'IF(FILL(sent, 0) >= 500, 100 * FILL(gone, 0) / sent, 0)' },
    stat('sent', 'MessagesSent'),
    stat('gone', 'MessagesUnsubscribed'),
  ],
};
const latency = {
  AlarmName: 'latency',
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 2,
  Threshold: 600,
  TreatMissingData: 'notBreaching',
  Namespace: 'Cairn/cairn',
  MetricName: 'SendLatency',
  Dimensions: [{ Name: 'channel', Value: 'sms' }],
  ExtendedStatistic: 'p95',
  Period: 300,
};

function start(...alarms: object[]) {
  const clock = { now: START };
  const metrics = startMetrics();
  const template = { of: () => alarms.map((properties) => ({ properties })) } as unknown as Template;
  const changes: string[] = [];
  const watch = new Alarms({
    template,
    metrics,
    now: () => clock.now,
    notify: ({ detail }) => changes.push(`${String(detail.alarmName)} ${(detail.state as { value: string }).value}`),
  });
  return {
    clock,
    watch,
    changes,
    came(values: Record<string, number | number[]>): void {
      const Metrics = Object.keys(values).map((Name) => ({ Name }));
      const CloudWatchMetrics = [{ Namespace: 'Cairn/cairn', Dimensions: [['channel']], Metrics }];
      metrics.take(JSON.stringify({ _aws: { Timestamp: clock.now, CloudWatchMetrics }, channel: 'sms', ...values }));
      watch.evaluate();
    },
  };
}

test('an alarm over metric math goes on, and off when the values leave its window', () => {
  const { clock, watch, changes, came } = start(share);
  came({ MessagesSent: 499, MessagesUnsubscribed: 60 });
  came({ MessagesSent: 101 });
  expect(changes).toEqual(['share OK']);
  clock.now += HOUR;
  came({ MessagesUnsubscribed: 1 });
  expect(changes).toEqual(['share OK', 'share ALARM']);
  // Once.
  came({ MessagesUnsubscribed: 1 });
  expect(changes).toHaveLength(2);
  expect(watch.nextInstant()).toBe(START + 24 * HOUR);
  clock.now = START + 24 * HOUR - 1;
  expect(watch.evaluate()).toBe(false);
  clock.now += 1;
  expect(watch.evaluate()).toBe(true);
  expect(changes.slice(2)).toEqual(['share OK']);
});

test('goes on by what leaves the window, too: the messages that were sent before those who left', () => {
  const { clock, watch, changes, came } = start(share);
  came({ MessagesSent: 1000 });
  clock.now += HOUR;
  came({ MessagesSent: 500, MessagesUnsubscribed: 60 });
  expect(changes).toEqual(['share OK']);
  const next = watch.nextInstant() ?? 0;
  expect(next).toBe(START + 24 * HOUR);
  clock.now = next;
  watch.evaluate();
  expect(changes).toEqual(['share OK', 'share ALARM']);
});

test('a percentile has to be above in each period, and is of single values', () => {
  const { clock, changes, came } = start(latency);
  came({ SendLatency: [...Array(18).fill(1), 900, 900] });
  expect(changes).toEqual(['latency OK']);
  clock.now += 5 * MINUTE;
  came({ SendLatency: [...Array(19).fill(1), 900] });
  expect(changes).toHaveLength(1);
  came({ SendLatency: [900] });
  expect(changes).toEqual(['latency OK', 'latency ALARM']);
});

test('alarms on AWS’s own metrics are left out; what is not known is refused at the start', () => {
  const mixed = { ...share, Metrics: [...share.Metrics, stat('invoked', 'Invocations', 'AWS/Lambda')] };
  expect(start(mixed, { ...latency, Namespace: 'AWS/SQS', ExtendedStatistic: 'p99' }).watch.states()).toEqual([]);
  expect(() => start({ ...latency, ExtendedStatistic: 'p99' })).toThrow('does not know');
  expect(() => start({ ...latency, DatapointsToAlarm: 1 })).toThrow('does not know');
  const [, ...stats] = share.Metrics;
  expect(() => start({ ...share, Metrics: [{ Id: 'e', Expression: 'RATE(sent)' }, ...stats] })).toThrow(
    'metric math: RATE',
  );
});
