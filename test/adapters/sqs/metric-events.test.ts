import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Invocation, metricEventsQueue } from '../../../adapters/sqs/metric-events.ts';
import { placeOf } from '../../../core/metrics/mark-series.ts';
import { type MetricEvent, MetricEventsMessageSchema } from '../../../core/metrics/metric-event.ts';

const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/metric-events';

const client = new SQSClient({ region: 'us-east-1' });
const sqs = mockClient(client);
const logged: [string, object | undefined][] = [];
beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves({});
  logged.length = 0;
});
afterEach(() => vi.useRealTimers());

const log = { error: (line: string, fields?: object) => void logged.push([line, fields]) };
/** The queue as one invocation sees it, and the end of its handler. */
function invocation() {
  const ends: (() => Promise<void>)[] = [];
  const one: Invocation = { atEnd: (work) => void ends.push(work) };
  const events = () => metricEventsQueue(client, { url: QUEUE_URL, invocation: () => one, log });
  const end = async () => {
    await Promise.all(ends.map((work) => work()));
  };
  return { ...events(), another: events, end };
}

const metricEvents = (count: number, over: Partial<MetricEvent> = {}): MetricEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    at,
    of: 'message',
    metric: 'sent',
    dimensions: { channel: 'sms' },
    ...over,
  }));
const calls = () => sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input);
const messages = () =>
  calls()
    .flatMap(({ Entries = [] }) => Entries)
    .map(({ MessageBody = '' }) => MetricEventsMessageSchema.parse(JSON.parse(MessageBody)));

describe('metric-events', () => {
  it('of one invocation leave together when it ends, with its sums, whoever publishes them', async () => {
    const { publish, addSums, another, end } = invocation();
    const [first, second, third] = metricEvents(3) as [MetricEvent, MetricEvent, MetricEvent];
    await publish([first]);
    addSums([{ scope: 'ingestion', day: '2026-11-02', counts: { accepted: 2 } }]);
    await another().publish([second, third]);
    another().addSums([{ scope: 'ingestion', day: '2026-11-02', counts: { accepted: 1, late: 1 } }]);
    expect(calls()).toEqual([]);
    await end();
    expect(calls()).toEqual([{ QueueUrl: QUEUE_URL, Entries: [expect.objectContaining({ Id: '0' })] }]);
    expect(messages()).toEqual([
      {
        id: expect.stringMatching(/^.{20,}$/),
        metricEvents: [first, second, third],
        sums: [{ scope: 'ingestion', day: '2026-11-02', counts: { accepted: 3, late: 1 } }],
      },
    ]);
  });

  it('of two invocations side by side leave each with their own, before it ends', async () => {
    const [one, other] = [invocation(), invocation()];
    const [first, second] = metricEvents(2) as [MetricEvent, MetricEvent];
    await Promise.all([one.publish([first]), other.publish([second])]);
    await one.end();
    expect(messages().map((message) => message.metricEvents)).toEqual([[first]]);
    await other.end();
    expect(messages().map((message) => message.metricEvents)).toEqual([[first], [second]]);
  });

  it('are on the queue when the invocation has ended, however slow the queue is', async () => {
    let answer = () => {};
    sqs.on(SendMessageBatchCommand).callsFake(() => new Promise((resolve) => (answer = () => resolve({}))));
    const { publish, end } = invocation();
    await publish(metricEvents(1));
    let hasEnded = false;
    const ending = end().then(() => (hasEnded = true));
    await vi.waitFor(() => expect(calls()).toHaveLength(1));
    expect(hasEnded).toBe(false);
    answer();
    await ending;
  });

  it('wait for no longer than five seconds, however long the invocation goes on', async () => {
    vi.useFakeTimers();
    const { publish, end } = invocation();
    await publish(metricEvents(1));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(messages().map((message) => message.metricEvents)).toEqual([metricEvents(1)]);
    await end();
    expect(messages()).toHaveLength(1);
  });

  it('go on a standard queue: without group, and at once', async () => {
    const { publish, end } = invocation();
    await publish(metricEvents(1));
    await end();
    const [entry] = calls()[0]?.Entries ?? [];
    expect([entry?.MessageGroupId, entry?.MessageDeduplicationId, entry?.DelaySeconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('that are published after the end, or outside of an invocation, leave at once', async () => {
    const { publish, end } = invocation();
    await publish(metricEvents(1));
    await end();
    await publish(metricEvents(1, { metric: 'late' }));
    await metricEventsQueue(client, { url: QUEUE_URL, invocation: () => undefined, log }).publish(
      metricEvents(1, { metric: 'outside' }),
    );
    expect(messages().map((message) => message.metricEvents[0]?.metric)).toEqual(['sent', 'late', 'outside']);
  });

  it('are all results once, under ids that differ, in messages of a hundred at most', async () => {
    const { publish, end } = invocation();
    const all = metricEvents(250);
    await Promise.all(all.map((fact) => publish([fact])));
    await end();
    expect(messages().flatMap((message) => message.metricEvents)).toEqual(all);
    expect(messages().map((message) => message.metricEvents.length)).toEqual([100, 100, 50]);
    expect(new Set(messages().map(({ id }) => id)).size).toBe(3);
  });

  it('with all that their recipients may be fit into messages of the queue', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(63, 't'));
    const traits = Object.fromEntries(names.slice(0, 10).map((name) => [name, '上'.repeat(100)]));
    const { publish, end } = invocation();
    await publish(metricEvents(100, { audience: { tags: names, segments: [], traits } }));
    await end();
    expect(messages().flatMap((message) => message.metricEvents)).toHaveLength(100);
    const bodies = calls().flatMap(({ Entries = [] }) => Entries.map(({ MessageBody = '' }) => MessageBody));
    expect(Math.max(...bodies.map((body) => Buffer.byteLength(body)))).toBeLessThanOrEqual(256 * 1024);
  });

  it('are numbered in series of 64 messages', async () => {
    for (let invoked = 0; invoked < 200; invoked += 1) {
      const { publish, end } = invocation();
      await publish(metricEvents(1));
      await end();
    }
    const places = messages().map(({ id }) => placeOf(id));
    expect(new Set(places.map(({ series, number }) => `${series} ${number}`)).size).toBe(200);
    const lengths = [...Map.groupBy(places, ({ series }) => series).values()].map((its) => its.length);
    expect(lengths.slice(1, -1)).toEqual(lengths.slice(1, -1).map(() => 64));
    expect(Math.max(...lengths)).toBe(64);
  });

  it('of the longest names fit a message', async () => {
    const [id, node] = ['i'.repeat(63), 'n'.repeat(63)];
    const dimensions: MetricEvent['dimensions'] = {
      ...{ journey: id, campaign: id, occurrence: id, variant: id, template: id, node },
      channel: 'email',
      version: 999_999,
      area: 'ingestion',
    };
    const { publish, end } = invocation();
    await publish(
      metricEvents(100, {
        once: 'o'.repeat(100),
        sentAt: Date.parse('2026-11-02T01:00:00Z'),
        machine: true,
        dimensions,
        detail: '新'.repeat(255),
      }),
    );
    await end();
    const [entry] = calls()[0]?.Entries ?? [];
    expect(Buffer.byteLength(entry?.MessageBody ?? '')).toBeLessThan(262_144);
  });

  it('keep their message’s id where it is tried again, so that it counts once', async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce({ Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }], Successful: [] })
      .resolves({});
    const { publish, end } = invocation();
    await publish(metricEvents(2));
    await end();
    const [first, second] = messages();
    expect(second).toEqual(first);
    expect(messages()).toHaveLength(2);
  });

  it('that cannot be queued fail nothing: what was not counted is logged', async () => {
    sqs.on(SendMessageBatchCommand).rejectsOnce(new Error('unreachable')).resolves({});
    const [one, next] = [invocation(), invocation()];
    await one.publish(metricEvents(2));
    await one.end();
    expect(logged).toEqual([
      [
        'metric events were not counted',
        {
          error: new Error('unreachable'),
          sums: [{ scope: 'channel:sms', day: '1970-01-01', counts: { sent: 2 } }],
        },
      ],
    ]);
    await next.publish(metricEvents(1, { metric: 'opened' }));
    await next.end();
    expect(messages().at(-1)?.metricEvents).toEqual(metricEvents(1, { metric: 'opened' }));
  });

  it('that are none are no call', async () => {
    const { publish, end } = invocation();
    await publish([]);
    await end();
    expect(calls()).toEqual([]);
  });
});
