import { chainOf, commonChain } from './chains.ts';
import type { Lambdas } from './lambdas.ts';
import type { Queues, Received } from './queues.ts';
import type { Template } from './template.ts';

interface Mapping {
  queueArn: string;
  functionArn: string;
  batchSize: number;
  /** Has a batching window. */
  gathers: boolean;
}

/** Batches of one queue that are worked at the same time. */
const MAX_CONCURRENCY = 6;
/** A batching window is this long here, whatever the clock: long enough to gather what a burst leaves. */
const GATHERED_MS = 20;

/** The templates' event source mappings: takes batches from the queues, hands them to the functions, deletes what did not fail. */
export function startPollers(template: Template, queues: Queues, lambdas: Lambdas) {
  const mappings = template.of('AWS::Lambda::EventSourceMapping').map(
    ({ properties }): Mapping => ({
      queueArn: String(properties.EventSourceArn),
      functionArn: String(properties.FunctionName),
      batchSize: Number(properties.BatchSize ?? 10),
      gathers: Number(properties.MaximumBatchingWindowInSeconds ?? 0) > 0,
    }),
  );
  const active = new Map<Mapping, number>();
  const gathering = new Set<Mapping>();
  let isScheduled = false;
  let isStopped = false;
  let isPaused = false;

  function pump(): void {
    isScheduled = false;
    if (isStopped || isPaused) return;
    for (const mapping of mappings) {
      if (mapping.gathers) gather(mapping);
      else take(mapping);
    }
  }

  function gather(mapping: Mapping): void {
    if (gathering.has(mapping) || !queues.hasVisible(mapping.queueArn)) return;
    gathering.add(mapping);
    setTimeout(() => {
      gathering.delete(mapping);
      if (!isStopped && !isPaused) take(mapping);
    }, GATHERED_MS);
  }

  function take(mapping: Mapping): void {
    while ((active.get(mapping) ?? 0) < MAX_CONCURRENCY && queues.hasVisible(mapping.queueArn)) {
      const batch = queues.receive(mapping.queueArn, mapping.batchSize);
      if (batch.length === 0) break;
      active.set(mapping, (active.get(mapping) ?? 0) + 1);
      void work(mapping, batch).finally(() => {
        active.set(mapping, (active.get(mapping) ?? 1) - 1);
        schedule();
      });
    }
  }

  /** Gathers what comes in the same turn into one batch. */
  function schedule(): void {
    if (isScheduled || isStopped) return;
    isScheduled = true;
    setImmediate(pump);
  }

  async function work(mapping: Mapping, batch: Received[]): Promise<void> {
    const Records = batch.map(({ receipt, message }) => ({
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
      eventSourceARN: mapping.queueArn,
      awsRegion: 'us-east-1',
    }));
    let failed = new Set<string>();
    try {
      const chain = commonChain(batch.map(({ message }) => chainOf(message.trace)));
      const invoked = await lambdas.invokeInChain(mapping.functionArn, { Records }, chain);
      if (invoked === undefined) throw new Error('a recursive loop was stopped: it was invoked 16 times in one chain');
      const result = invoked.result as { batchItemFailures?: { itemIdentifier: string }[] } | undefined;
      failed = new Set(result?.batchItemFailures?.map((one) => one.itemIdentifier));
    } catch (error) {
      if (isStopped) return;
      console.error(`${mapping.functionArn.split(':').at(-1)}:`, error);
      failed = new Set(batch.map(({ message }) => message.messageId));
    }
    for (const { receipt, message } of batch)
      if (!failed.has(message.messageId)) queues.remove(mapping.queueArn, receipt);
  }

  return {
    schedule,
    isBusy: () =>
      isScheduled ||
      [...active.values()].some((count) => count > 0) ||
      mappings.some((mapping) => queues.hasVisible(mapping.queueArn)),
    waiting: () =>
      mappings
        .filter((mapping) => queues.hasVisible(mapping.queueArn))
        .map((mapping) => queues.nameOf(mapping.queueArn)),
    /** Messages that could be taken now, or wait for one of their group, and batches that are worked. */
    backlog: () =>
      mappings.reduce((sum, mapping) => sum + queues.lying(mapping.queueArn).length + (active.get(mapping) ?? 0), 0),
    /** Takes nothing until told otherwise, for a reset. */
    pause(paused: boolean): void {
      isPaused = paused;
      if (!paused) schedule();
    },
    stop(): void {
      isStopped = true;
    },
    active: () => [...active.values()].reduce((sum, count) => sum + count, 0),
  };
}
