import type { MessagePort } from 'node:worker_threads';
import type { Fauxqs, Store, StoredMessage, StoredQueue } from './fauxqs.ts';
import { emptyBuckets } from './objects.ts';

export interface Received {
  receipt: string;
  message: StoredMessage;
}
export const ACCOUNT = '000000000000';
/** Messages that SQS, and fauxqs, give in one call. */
const MAX_RECEIVED = 10;

interface Parts {
  fauxqs: Fauxqs;
  url: string;
  /** Resolves once all that was written is kept. */
  stored: () => Promise<void>;
  connect: () => MessagePort;
  stop: () => Promise<void>;
}

export class Queues {
  /** SQS and S3 both answer there. */
  readonly url: string;
  /** Another port to ask them by, without HTTP. */
  readonly connect: () => MessagePort;
  readonly stop: () => Promise<void>;
  private readonly parts: Parts;
  private readonly store: Store;

  constructor(parts: Parts) {
    this.parts = parts;
    this.url = parts.url;
    this.connect = parts.connect;
    this.stop = parts.stop;
    this.store = parts.fauxqs.sqsStore;
  }

  urlOf(name: string): string {
    return `${this.url}/${ACCOUNT}/${name}`;
  }

  nameOf(arn: string): string {
    return this.find(arn).name;
  }

  /** Number of messages of a standard queue that could be received now. */
  visible(arn: string): number {
    return countVisible(this.find(arn));
  }

  hasVisible(arn: string): boolean {
    const queue = this.find(arn);
    queue.processTimers();
    if (!queue.isFifo()) return queue.messages.length > 0;
    for (const [group, messages] of queue.fifoMessages)
      if (messages.length > 0 && !queue.fifoLockedGroups.has(group)) return true;
    return false;
  }

  /** Returns up to so many messages, as Lambda gathers a batch by several calls: one call of SQS receives ten at most. */
  receive(arn: string, count: number): Received[] {
    const received: Received[] = [];
    while (received.length < count) {
      const more = this.receiveOnce(this.find(arn), Math.min(count - received.length, MAX_RECEIVED));
      if (more.length === 0) break;
      received.push(...more);
    }
    return received;
  }

  private receiveOnce(queue: StoredQueue, count: number): Received[] {
    return queue
      .dequeue(count, undefined, (dlq) => this.store.getQueueByArn(dlq))
      .flatMap(({ ReceiptHandle: receipt }) => {
        const message = queue.inflightMessages.get(receipt)?.message;
        return message === undefined ? [] : [{ receipt, message }];
      });
  }

  remove(arn: string, receipt: string): boolean {
    return this.find(arn).deleteMessage(receipt);
  }

  /** Puts a message as SNS would; on FIFO into that group. */
  async put(arn: string, body: string, group?: string): Promise<void> {
    const message = this.parts.fauxqs.createMessage(body);
    this.find(arn).enqueue({ ...message, ...(group === undefined ? {} : { messageGroupId: group }) });
    await this.parts.stored();
  }

  /** The queue `<prefix>-<name>`, or `<prefix>-<name>.fifo`; undefined: there is none. */
  arnOf(name: string): string | undefined {
    return this.all().find((queue) => queue.name.replace(/\.fifo$/, '').replace(/^[^-]+-/, '') === name)?.arn;
  }

  /** Returns the messages on a queue, oldest first by group, without receiving them. */
  messagesOn(arn: string): StoredMessage[] {
    const queue = this.find(arn);
    queue.processTimers();
    return queue.isFifo() ? [...queue.fifoMessages.values()].flat() : [...queue.messages];
  }

  /** Returns the next instant at which a message becomes visible, after a delay or a visibility timeout. */
  nextInstant(): number | undefined {
    let next: number | undefined;
    const see = (at: number | undefined) => {
      if (at !== undefined) next = Math.min(next ?? at, at);
    };
    for (const queue of this.all()) {
      for (const message of [...queue.delayedMessages, ...[...queue.fifoDelayed.values()].flat()])
        see(message.delayUntil);
      for (const entry of queue.inflightMessages.values()) see(entry.visibilityDeadline);
    }
    return next;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.all().map((queue) => [queue.name, countVisible(queue)]));
  }

  reset(): void {
    this.store.clearMessages();
    for (const queue of this.all()) {
      queue.fifoLockedGroups.clear();
      // The clock goes back, too: what is sent again at the same instants has the same ids.
      queue.deduplicationCache.clear();
    }
    emptyBuckets(this.parts.fauxqs.s3Store);
  }

  private all(): StoredQueue[] {
    return [...this.store.allQueues()];
  }

  private find(arn: string): StoredQueue {
    const queue = this.store.getQueueByArn(arn);
    if (queue === undefined) throw new Error(`there is no queue ${arn}`);
    return queue;
  }
}

function countVisible(queue: StoredQueue): number {
  queue.processTimers();
  if (!queue.isFifo()) return queue.messages.length;
  return [...queue.fifoMessages].filter(
    ([group, messages]) => messages.length > 0 && !queue.fifoLockedGroups.has(group),
  ).length;
}
