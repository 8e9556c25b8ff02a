import { chainOf, commonChain } from './chains.ts';
import type { Lambdas } from './lambdas.ts';
import type { Queues, Received } from './queues.ts';
import type { Template } from './template.ts';

interface Mapping {
  queueArn: string;
  functionArn: string;
  batchSize: number;
  /** Whether it has a batching window. */
  gathers: boolean;
}

/** Concurrent batches of one queue. */
const MAX_CONCURRENCY = 6;
/** Length of a batching window, whatever the clock: long enough to gather the messages of a burst. */
const GATHERED_MS = 20;

export const startPollers = (template: Template, queues: Queues, lambdas: Lambdas): Pollers =>
  new Pollers(template, queues, lambdas);

/** The templates' event source mappings: receives batches from the queues, passes them to the functions, deletes the messages that did not fail. */
export class Pollers {
  private readonly mappings: Mapping[];
  private readonly queues: Queues;
  private readonly lambdas: Lambdas;
  private readonly working = new Map<Mapping, number>();
  private readonly gathering = new Set<Mapping>();
  private isScheduled = false;
  private isStopped = false;
  private isPaused = false;

  constructor(template: Template, queues: Queues, lambdas: Lambdas) {
    this.queues = queues;
    this.lambdas = lambdas;
    this.mappings = template.of('AWS::Lambda::EventSourceMapping').map(({ properties }) => ({
      queueArn: String(properties.EventSourceArn),
      functionArn: String(properties.FunctionName),
      batchSize: Number(properties.BatchSize ?? 10),
      gathers: Number(properties.MaximumBatchingWindowInSeconds ?? 0) > 0,
    }));
  }

  /** Gathers messages that arrive in the same turn into one batch. */
  schedule(): void {
    if (this.isScheduled || this.isStopped) return;
    this.isScheduled = true;
    setImmediate(() => this.pump());
  }

  isBusy(): boolean {
    return (
      this.isScheduled ||
      [...this.working.values()].some((count) => count > 0) ||
      this.mappings.some((mapping) => this.queues.hasVisible(mapping.queueArn))
    );
  }

  waiting(): string[] {
    return this.mappings
      .filter((mapping) => this.queues.hasVisible(mapping.queueArn))
      .map((mapping) => this.queues.nameOf(mapping.queueArn));
  }

  /** Number of messages that could be received now, or wait for one of their group, and of batches in progress. */
  backlog(): number {
    return this.mappings.reduce(
      (sum, mapping) => sum + this.queues.lying(mapping.queueArn).length + (this.working.get(mapping) ?? 0),
      0,
    );
  }

  /** Stops or resumes receiving, for a reset. */
  pause(paused: boolean): void {
    this.isPaused = paused;
    if (!paused) this.schedule();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Batches that are worked. */
  active(): number {
    return [...this.working.values()].reduce((sum, count) => sum + count, 0);
  }

  private pump(): void {
    this.isScheduled = false;
    if (this.isStopped || this.isPaused) return;
    for (const mapping of this.mappings) {
      if (mapping.gathers) this.gather(mapping);
      else this.take(mapping);
    }
  }

  private gather(mapping: Mapping): void {
    if (this.gathering.has(mapping) || !this.queues.hasVisible(mapping.queueArn)) return;
    this.gathering.add(mapping);
    setTimeout(() => {
      this.gathering.delete(mapping);
      if (!this.isStopped && !this.isPaused) this.take(mapping);
    }, GATHERED_MS);
  }

  private take(mapping: Mapping): void {
    while ((this.working.get(mapping) ?? 0) < MAX_CONCURRENCY && this.queues.hasVisible(mapping.queueArn)) {
      const batch = this.queues.receive(mapping.queueArn, mapping.batchSize);
      if (batch.length === 0) break;
      this.working.set(mapping, (this.working.get(mapping) ?? 0) + 1);
      void this.work(mapping, batch).finally(() => {
        this.working.set(mapping, (this.working.get(mapping) ?? 1) - 1);
        this.schedule();
      });
    }
  }

  private async work(mapping: Mapping, batch: Received[]): Promise<void> {
    const Records = batch.map((received) => recordOf(mapping.queueArn, received));
    let failed = new Set<string>();
    try {
      const chain = commonChain(batch.map(({ message }) => chainOf(message.trace)));
      const invoked = await this.lambdas.invokeInChain(mapping.functionArn, { Records }, chain);
      if (invoked === undefined) throw new Error('a recursive loop was stopped: it was invoked 16 times in one chain');
      const result = invoked.result as { batchItemFailures?: { itemIdentifier: string }[] } | undefined;
      failed = new Set(result?.batchItemFailures?.map((one) => one.itemIdentifier));
    } catch (error) {
      if (this.isStopped) return;
      console.error(`${mapping.functionArn.split(':').at(-1)}:`, error);
      failed = new Set(batch.map(({ message }) => message.messageId));
    }
    for (const { receipt, message } of batch)
      if (!failed.has(message.messageId)) this.queues.remove(mapping.queueArn, receipt);
  }
}

const recordOf = (queueArn: string, { receipt, message }: Received) => ({
  messageId: message.messageId,
  receiptHandle: receipt,
  body: message.body,
  attributes: {
    ApproximateReceiveCount: String(message.approximateReceiveCount),
    SentTimestamp: String(message.sentTimestamp),
    SenderId: 'local',
    ApproximateFirstReceiveTimestamp: String(message.sentTimestamp),
    ...(message.messageGroupId === undefined ? {} : { MessageGroupId: message.messageGroupId }),
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: 'us-east-1',
});
