import { chainOf, commonChain } from './chains.ts';
import type { Lambdas } from './lambdas.ts';
import type { Queues, Received } from './queues.ts';
import type { Template } from './template.ts';

interface Mapping {
  queueArn: string;
  functionArn: string;
  batchSize: number;
  /** Its batching window; 0: none. */
  windowMs: number;
}

/** Concurrent batches of one queue. */
const MAX_CONCURRENCY = 6;

export const startPollers = (template: Template, queues: Queues, lambdas: Lambdas): Pollers =>
  new Pollers(template, queues, lambdas);

/** The templates' event source mappings: receives batches from the queues, passes them to the functions, deletes the messages that did not fail. */
export class Pollers {
  private readonly all: readonly Mapping[];
  /** Those that are enabled. */
  private mappings: readonly Mapping[];
  private readonly queues: Queues;
  private readonly lambdas: Lambdas;
  private readonly working = new Map<Mapping, number>();
  /** Ends of the batching windows that are open. */
  private readonly windows = new Map<Mapping, NodeJS.Timeout>();
  private isScheduled = false;
  private isStopped = false;
  private isPaused = false;

  constructor(template: Template, queues: Queues, lambdas: Lambdas) {
    this.queues = queues;
    this.lambdas = lambdas;
    this.all = template.of('AWS::Lambda::EventSourceMapping').map(({ properties }) => ({
      queueArn: String(properties.EventSourceArn),
      functionArn: String(properties.FunctionName),
      batchSize: Number(properties.BatchSize ?? 10),
      windowMs: Number(properties.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    }));
    this.mappings = this.all;
  }

  /** Gathers messages that arrive in the same turn into one batch. */
  schedule(): void {
    if (this.isScheduled || this.isStopped) return;
    this.isScheduled = true;
    setImmediate(() => this.pump());
  }

  /** Messages that wait in a batching window are no work until it ends. */
  isBusy(): boolean {
    return (
      this.isScheduled ||
      [...this.working.values()].some((count) => count > 0) ||
      this.mappings.some((mapping) => !this.windows.has(mapping) && this.queues.hasVisible(mapping.queueArn))
    );
  }

  isGathering(): boolean {
    return this.windows.size > 0;
  }

  /** Ends all batching windows. */
  endWindows(): void {
    for (const mapping of [...this.windows.keys()]) this.endWindow(mapping);
  }

  waiting(): string[] {
    return this.mappings
      .filter((mapping) => this.queues.hasVisible(mapping.queueArn))
      .map((mapping) => this.queues.nameOf(mapping.queueArn));
  }

  /** Number of messages that could be received now, or wait for one of their group, and of batches in progress. */
  backlog(): number {
    return this.mappings.reduce(
      (sum, mapping) => sum + this.queues.messagesOn(mapping.queueArn).length + (this.working.get(mapping) ?? 0),
      0,
    );
  }

  /** Disables or enables the mappings of a function; what is on its queue stays there. Returns false if there is no such function. */
  enable(functionName: string, isEnabled: boolean): boolean {
    const its = this.all.filter(({ functionArn }) => functionArn.split(':').at(-1) === functionName);
    for (const mapping of its) {
      clearTimeout(this.windows.get(mapping));
      this.windows.delete(mapping);
    }
    this.mappings = this.all.filter((one) => (its.includes(one) ? isEnabled : this.mappings.includes(one)));
    this.schedule();
    return its.length > 0;
  }

  enableAll(): void {
    this.mappings = this.all;
  }

  /** Stops or resumes receiving, for a reset. */
  pause(paused: boolean): void {
    this.isPaused = paused;
    if (paused) this.closeWindows();
    else this.schedule();
  }

  stop(): void {
    this.isStopped = true;
    this.closeWindows();
  }

  /** Batches that are worked. */
  active(): number {
    return [...this.working.values()].reduce((sum, count) => sum + count, 0);
  }

  private pump(): void {
    this.isScheduled = false;
    if (this.isStopped || this.isPaused) return;
    for (const mapping of this.mappings) {
      if (mapping.windowMs > 0) this.gather(mapping);
      else this.take(mapping);
    }
  }

  /** Begins a window at its first message, and ends it early when a batch is full. It takes real time, whatever the clock. */
  private gather(mapping: Mapping): void {
    const count = this.queues.visible(mapping.queueArn);
    if (count >= mapping.batchSize) this.endWindow(mapping);
    else if (count > 0 && !this.windows.has(mapping))
      this.windows.set(
        mapping,
        setTimeout(() => this.endWindow(mapping), mapping.windowMs),
      );
  }

  private endWindow(mapping: Mapping): void {
    clearTimeout(this.windows.get(mapping));
    this.windows.delete(mapping);
    this.take(mapping);
  }

  private closeWindows(): void {
    for (const timer of this.windows.values()) clearTimeout(timer);
    this.windows.clear();
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
  messageAttributes: Object.fromEntries(
    Object.entries(message.messageAttributes).map(([name, { DataType, StringValue }]) => [
      name,
      { dataType: DataType, stringValue: StringValue },
    ]),
  ),
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: 'us-east-1',
});
