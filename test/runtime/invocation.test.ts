import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { lambdaHandler } from '../../runtime/handlers/lambda-handler.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';

const sqs = mockClient(SQSClient);
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'us-east-1');
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves({});
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
afterAll(() => sqs.restore());

const context = { awsRequestId: 'request' } as Context;
const entered = (journey: string): MetricEvent => ({ at: 0, of: 'run', metric: 'entered', dimensions: { journey } });
/** Journeys of each message on the queue. */
const queued = () =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .map(({ MessageBody = '' }) =>
      (JSON.parse(MessageBody) as { metricEvents: MetricEvent[] }).metricEvents.map((one) => one.dimensions.journey),
    );

interface Work {
  journeys: string[];
  until?: Promise<unknown>;
  error?: Error;
}

/** A function whose dependencies are built once, as in every instance. */
function start() {
  const queue = metricEvents({ METRIC_EVENTS_QUEUE_URL: 'https://sqs.example/metric-events' });
  const handler = lambdaHandler(async ({ journeys, until, error }: Work) => {
    for (const journey of journeys) await queue.publish([entered(journey)]);
    await until;
    if (error !== undefined) throw error;
    return 'answer';
  });
  return (work: Work) => handler(work, context);
}

describe('an invocation', () => {
  it('answers once its metric events are on their queue, in one message', async () => {
    const invoke = start();
    expect(await invoke({ journeys: ['a', 'b', 'c'] })).toBe('answer');
    expect(queued()).toEqual([['a', 'b', 'c']]);
  });

  it('answers with its own events on their queue, while another one of the same process goes on with its own', async () => {
    const invoke = start();
    let release: () => void = () => undefined;
    const slow = invoke({ journeys: ['slow'], until: new Promise<void>((resolve) => (release = resolve)) });
    await invoke({ journeys: ['quick'] });
    expect(queued()).toEqual([['quick']]);
    release();
    await slow;
    expect(queued()).toEqual([['quick'], ['slow']]);
  });

  it('that fails has its metric events on their queue too, because what they count is written', async () => {
    const invoke = start();
    await expect(invoke({ journeys: ['a'], error: new Error('later') })).rejects.toThrow('later');
    expect(queued()).toEqual([['a']]);
  });

  it('whose metric events cannot be queued answers as if they were, and logs what is not counted', async () => {
    const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    sqs.on(SendMessageBatchCommand).rejects(new Error('unreachable'));
    expect(await start()({ journeys: ['a', 'a'] })).toBe('answer');
    const line = JSON.parse(String(logged.mock.calls[0]?.[0])) as object;
    expect(line).toMatchObject({
      message: 'metric events were not counted',
      sums: [{ scope: 'journey:a', day: '1970-01-01', counts: { entered: 2 } }],
      requestId: 'request',
    });
  });
});
