import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { CairnFunction } from './cairn-function.ts';

interface CairnQueueProps {
  queueName: string;
  fifo?: boolean;
  /** Timeout of the function that consumes the queue. A message stays invisible for six times as long. */
  consumerTimeout: Duration;
  /** How long a batch gathers before the consumer gets it, unless it is full. A message stays invisible for that time too. */
  batchingWindow?: Duration;
  /** Deliveries before a message goes to the dead-letter queue. */
  maxReceiveCount?: number;
}

/** A queue with its dead-letter queue, encrypted, TLS only, with a retention of 14 days. */
export class CairnQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  private readonly batchingWindow: Duration | undefined;

  constructor(scope: Construct, id: string, props: CairnQueueProps) {
    super(scope, id);
    this.batchingWindow = props.batchingWindow;
    const suffix = props.fifo ? '.fifo' : '';
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(props.fifo
        ? {
            fifo: true,
            // High throughput: limits and deduplication are per group.
            deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
            fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
          }
        : {}),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', { queueName: `${props.queueName}-dlq${suffix}`, ...common });
    this.queue = new Queue(this, 'Queue', {
      queueName: `${props.queueName}${suffix}`,
      ...common,
      visibilityTimeout: Duration.seconds(
        props.consumerTimeout.toSeconds() * 6 + (props.batchingWindow?.toSeconds() ?? 0),
      ),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount ?? 10 },
    });
  }

  get url(): string {
    return this.queue.queueUrl;
  }

  /** The function consumes this queue, in batches with partial failures, and may move poison messages to the dead-letter queue. */
  addConsumer<Schema extends z.ZodObject>(
    consumer: CairnFunction<Schema>,
    batch: { size: number; maxConcurrency?: number },
  ): void {
    consumer.fn.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: batch.size,
        maxBatchingWindow: this.batchingWindow,
        reportBatchItemFailures: true,
        maxConcurrency: batch.maxConcurrency,
      }),
    );
    consumer.allow(['sqs:SendMessage'], [this.deadLetters.queueArn]);
  }
}
