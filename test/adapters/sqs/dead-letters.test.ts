import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { sqsDeadLetters } from '../../../adapters/sqs/dead-letters.ts';

const BASE = 'https://sqs.eu-west-1.amazonaws.com/000000000000/cairn-';
const client = new SQSClient({ region: 'eu-west-1' });
const sqs = mockClient(client);
beforeEach(() => {
  sqs.reset();
});
const letters = sqsDeadLetters(client, { queues: ['jobs', 'events.fifo'], jobsUrl: `${BASE}jobs` });
const letter = { id: 'm1', body: 'not { json', at: 1, receipt: 'r1', cause: 'body is not JSON' };

it('names queues without their suffix', () => {
  expect(letters.names).toEqual(['events', 'jobs']);
});

it('counts those that are hidden, too', async () => {
  sqs.on(GetQueueAttributesCommand, { QueueUrl: `${BASE}events-dlq.fifo` }).resolves({
    Attributes: { ApproximateNumberOfMessages: '3', ApproximateNumberOfMessagesNotVisible: '2' },
  });
  expect(await letters.count('events')).toBe(5);
});

it('receives messages with their cause, group and instant', async () => {
  sqs.on(ReceiveMessageCommand, { QueueUrl: `${BASE}events-dlq.fifo` }).resolves({
    Messages: [
      {
        MessageId: 'm1',
        ReceiptHandle: 'r1',
        Body: '{}',
        Attributes: { SentTimestamp: '1793581200000', MessageGroupId: 'g' },
        MessageAttributes: { redriven: { DataType: 'String', StringValue: 'job-1' } },
      },
    ],
  });
  expect(await letters.receive('events', { max: 100, hiddenSeconds: 10 })).toEqual([
    { id: 'm1', receipt: 'r1', body: '{}', at: 1_793_581_200_000, group: 'g', redriven: 'job-1' },
  ]);
  expect(sqs.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toMatchObject({ MaxNumberOfMessages: 10 });
});

it('sends a message as it is, without its cause, and deletes it only then', async () => {
  await letters.redrive('jobs', letter, 'job-1');
  await letters.redrive('events', { ...letter, group: 'g' }, 'job-1');
  const [plain, fifo] = sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input);
  const MessageAttributes = { redriven: { DataType: 'String', StringValue: 'job-1' } };
  expect(plain).toEqual({ QueueUrl: `${BASE}jobs`, MessageBody: 'not { json', MessageAttributes });
  expect(fifo).toMatchObject({ QueueUrl: `${BASE}events.fifo`, MessageGroupId: 'g', MessageAttributes });
  expect(sqs.commandCalls(DeleteMessageCommand).map(({ args }) => args[0].input)).toEqual([
    { QueueUrl: `${BASE}jobs-dlq`, ReceiptHandle: 'r1' },
    { QueueUrl: `${BASE}events-dlq.fifo`, ReceiptHandle: 'r1' },
  ]);
  sqs.reset();
  sqs.on(SendMessageCommand).rejects(new Error('no'));
  await expect(letters.redrive('jobs', letter, 'job-1')).rejects.toThrow('no');
  expect(sqs.commandCalls(DeleteMessageCommand)).toEqual([]);
});

it('gives a FIFO message another deduplication id in each job, and the same one where a job repeats it', async () => {
  for (const job of ['job-1', 'job-1', 'job-2']) await letters.redrive('events', { ...letter, group: 'g' }, job);
  const ids = sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input.MessageDeduplicationId);
  expect(new Set(ids).size).toBe(2);
  expect(ids[0]).toBe(ids[1]);
});
