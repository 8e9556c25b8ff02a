import { ChangeMessageVisibilityBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { PoisonError } from '../../../engine/errors.ts';
import { queueHandler } from '../../../runtime/handlers/queue-handler.ts';

const sqs = mockClient(SQSClient);
beforeEach(() => {
  sqs.reset();
  sqs.onAnyCommand().resolves({});
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://queue-dlq.fifo');
  vi.stubEnv('QUEUE_URL', 'https://queue.fifo');
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => sqs.restore());

const record = (id: string, group: string, deliveries = 1) =>
  ({
    messageId: id,
    receiptHandle: `receipt-${id}`,
    body: JSON.stringify(id),
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue.fifo',
    attributes: { MessageGroupId: group, ApproximateReceiveCount: String(deliveries) },
  }) as unknown as SQSRecord;

async function handled(records: SQSRecord[], work: (id: string) => Promise<void>, remainingMs = 60_000) {
  const handler = queueHandler({
    env: z.object({ QUEUE_URL: z.string() }),
    body: z.string(),
    build: () => ({}),
    handle: (_deps, id) => work(id),
    fifo: ({ QUEUE_URL }) => QUEUE_URL,
  }) as unknown as (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
  const { batchItemFailures } = await handler({ Records: records }, context);
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
const hidden = () =>
  sqs
    .commandCalls(ChangeMessageVisibilityBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .map(({ ReceiptHandle, VisibilityTimeout }) => [ReceiptHandle, VisibilityTimeout]);

describe('a record of a FIFO queue', () => {
  it('that fails by a passing fault is worked within its delivery, and before the next of its group', async () => {
    const worked: string[] = [];
    let faults = 2;
    const failed = await handled([record('a', 'g'), record('b', 'g')], async (id) => {
      if (faults-- > 0) throw new Error('throttled');
      worked.push(id);
    });
    expect(failed).toEqual([]);
    expect(worked).toEqual(['a', 'b']);
  });

  it('that keeps failing comes again within seconds, together with what follows it; the queue’s own timeout is for deaths', async () => {
    const failed = await handled([record('a', 'g', 3), record('b', 'g'), record('c', 'other')], async (id) => {
      if (id !== 'c') throw new Error('throttled');
    });
    expect(failed).toEqual(['a', 'b']);
    expect(hidden()).toEqual([
      ['receipt-a', 20],
      ['receipt-b', 20],
    ]);
  });

  it('comes again ever later, at most after six minutes', async () => {
    await handled([record('a', 'g', 12)], async () => Promise.reject(new Error('down')));
    expect(hidden()).toEqual([['receipt-a', 360]]);
  });

  it('is not tried again where the function has no time left, nor where it is poison', async () => {
    let tries = 0;
    const work = (error: Error) => async () => {
      tries += 1;
      throw error;
    };
    expect(await handled([record('a', 'g')], work(new Error('down')), 10_000)).toEqual(['a']);
    expect(await handled([record('b', 'g')], work(new PoisonError('bad')))).toEqual([]);
    expect(tries).toBe(2);
  });
});
