import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { hashId } from '../../core/ids.ts';
import type { DeadLetter, DeadLetters } from '../../engine/dead-letters/ports.ts';

const A_CALL = 10;
const FIFO = '.fifo';

interface Options {
  /** Names of the queues that have a dead-letter queue, without the prefix, with `.fifo`: `events.fifo`, `jobs`. */
  queues: readonly string[];
  /** URL of the queue `jobs`: all others are beside it. */
  jobsUrl: string;
}

/** The dead-letter queues by their names: `<prefix>-<queue>-dlq`, on FIFO with `.fifo` behind. */
export function sqsDeadLetters(client: SQSClient, { queues, jobsUrl }: Options): DeadLetters {
  const base = jobsUrl.replace(/jobs$/, '');
  const byName = new Map(queues.map((queue) => [queue.replace(FIFO, ''), queue.endsWith(FIFO) ? FIFO : '']));
  const suffixOf = (queue: string): string => {
    const suffix = byName.get(queue);
    if (suffix === undefined) throw new Error(`there is no queue ${queue}`);
    return suffix;
  };
  const urlOf = (queue: string) => `${base}${queue}${suffixOf(queue)}`;
  const deadUrlOf = (queue: string) => `${base}${queue}-dlq${suffixOf(queue)}`;

  return {
    names: [...byName.keys()].sort(),

    async count(queue) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: deadUrlOf(queue),
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
    },

    async receive(queue, { max, hiddenSeconds, waitSeconds }) {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: deadUrlOf(queue),
          MaxNumberOfMessages: Math.min(max, A_CALL),
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
          MessageAttributeNames: ['All'],
        }),
      );
      return (Messages ?? []).map(letterOf);
    },

    async release(queue, letters) {
      for (let from = 0; from < letters.length; from += A_CALL) {
        const Entries = letters
          .slice(from, from + A_CALL)
          .map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt, VisibilityTimeout: 0 }));
        // One that is not released comes back by itself.
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: deadUrlOf(queue), Entries }));
      }
    },

    async redrive(queue, letter, job) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: urlOf(queue),
          MessageBody: letter.body,
          MessageAttributes: { redriven: { DataType: 'String', StringValue: job } },
          ...(suffixOf(queue) === FIFO
            ? {
                MessageGroupId: letter.group ?? 'redriven',
                // SQS drops a known one for five minutes: another one than before, and the same if this is repeated.
                MessageDeduplicationId: hashId('redriven', job, letter.id),
              }
            : {}),
        }),
      );
      await client.send(new DeleteMessageCommand({ QueueUrl: deadUrlOf(queue), ReceiptHandle: letter.receipt }));
    },
  };
}

function letterOf({ MessageId, Body, ReceiptHandle, Attributes, MessageAttributes }: Message): DeadLetter {
  const group = Attributes?.MessageGroupId;
  const [cause, redriven] = [textOf(MessageAttributes?.cause), textOf(MessageAttributes?.redriven)];
  return {
    id: MessageId ?? '',
    body: Body ?? '',
    at: Number(Attributes?.SentTimestamp),
    receipt: ReceiptHandle ?? '',
    ...(group === undefined ? {} : { group }),
    ...(cause === undefined ? {} : { cause }),
    ...(redriven === undefined ? {} : { redriven }),
  };
}

const textOf = (attribute: MessageAttributeValue | undefined): string | undefined => attribute?.StringValue;
