import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { metricEventsQueue } from '../../../adapters/sqs/metric-events.ts';
import { type MetricEvent, MetricEventsMessageSchema } from '../../../core/metrics/metric-event.ts';

const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/metric-events';

const client = new SQSClient({ region: 'us-east-1' });
const sqs = mockClient(client);
beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves({});
});

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
  it('that are published side by side share one message, which is on the queue when any publisher goes on', async () => {
    const { publish } = metricEventsQueue(client, QUEUE_URL);
    const [first, second, third] = metricEvents(3);
    await Promise.race([publish([first, second] as MetricEvent[]), publish([third] as MetricEvent[])]);
    expect(calls()).toEqual([{ QueueUrl: QUEUE_URL, Entries: [expect.objectContaining({ Id: '0' })] }]);
    expect(messages()).toEqual([{ id: expect.stringMatching(/^.{20,}$/), metricEvents: [first, second, third] }]);
  });

  it('go on a standard queue: without group, and at once', async () => {
    await metricEventsQueue(client, QUEUE_URL).publish(metricEvents(1));
    const [entry] = calls()[0]?.Entries ?? [];
    expect([entry?.MessageGroupId, entry?.MessageDeduplicationId, entry?.DelaySeconds]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are all results once, under ids that differ, however many there are', async () => {
    const { publish } = metricEventsQueue(client, QUEUE_URL);
    const all = metricEvents(250);
    await Promise.all(all.map((fact) => publish([fact])));
    expect(messages().flatMap((message) => message.metricEvents)).toEqual(all);
    expect(messages().map((message) => message.metricEvents.length)).toEqual([100, 100, 50]);
    expect(new Set(messages().map(({ id }) => id)).size).toBe(3);
  });

  it('of the longest names fit a message', async () => {
    const [id, node] = ['i'.repeat(63), 'n'.repeat(63)];
    const dimensions: MetricEvent['dimensions'] = {
      ...{ journey: id, campaign: id, occurrence: id, variant: id, template: id, node },
      channel: 'email',
      version: 999_999,
      area: 'ingestion',
    };
    await metricEventsQueue(client, QUEUE_URL).publish(
      metricEvents(100, {
        once: 'o'.repeat(100),
        sentAt: Date.parse('2026-11-02T01:00:00Z'),
        machine: true,
        dimensions,
        detail: '新'.repeat(255),
      }),
    );
    const [entry] = calls()[0]?.Entries ?? [];
    expect(Buffer.byteLength(entry?.MessageBody ?? '')).toBeLessThan(262_144);
  });

  it('keep their message’s id where it is tried again, so that it counts once', async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce({ Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }], Successful: [] })
      .resolves({});
    await metricEventsQueue(client, QUEUE_URL).publish(metricEvents(2));
    const [first, second] = messages();
    expect(second).toEqual(first);
    expect(messages()).toHaveLength(2);
  });

  it('are published again by every publisher where they could not be queued, and the next ones are not held up', async () => {
    const { publish } = metricEventsQueue(client, QUEUE_URL);
    sqs.on(SendMessageBatchCommand).rejectsOnce(new Error('unreachable')).resolves({});
    const results = await Promise.allSettled([publish(metricEvents(1)), publish(metricEvents(1))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await publish(metricEvents(1, { metric: 'opened' }));
    expect(messages().at(-1)?.metricEvents).toEqual(metricEvents(1, { metric: 'opened' }));
  });

  it('that are none are no call', async () => {
    await metricEventsQueue(client, QUEUE_URL).publish([]);
    expect(calls()).toEqual([]);
  });
});
