import { AsyncLocalStorage } from 'node:async_hooks';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type Credentials, isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { orBroken, watched } from './data-folder.ts';
import { serve } from './direct/calls.ts';
import { type Fauxqs, loadFauxqs, type Store, type StoredMessage, type StoredQueue } from './fauxqs.ts';
import { createBuckets, emptyBuckets, failObjects } from './objects.ts';
import type { FaultMode } from './providers/outbox.ts';
import { isSignedLink } from './signed-links.ts';
import { transactionOfTurn } from './sqlite.ts';
import type { Json, Template } from './template.ts';

export interface Received {
  receipt: string;
  message: StoredMessage;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
/** Messages that SQS, and fauxqs, give in one call. */
const MAX_RECEIVED = 10;

interface Options {
  credentials: Credentials;
  /** Folder of the queues and the objects; absent: in memory. */
  path?: string;
  onEnqueue: () => void;
  /** By which links to objects end. */
  now?: () => number;
  /** Returns the fault of this request to S3. */
  objectFault?: () => FaultMode | undefined;
  /** Their file can no longer be written. */
  onBroken: (error: Error) => void;
}

/** The templates' queues and buckets in fauxqs: its server for the SDK, and its stores for the pollers. */
export async function startQueues(template: Template, options: Options) {
  const { credentials, path, onEnqueue, onBroken, objectFault = () => undefined, now = Date.now } = options;
  const fauxqs = await loadFauxqs();
  const { sqsStore, s3Store } = fauxqs;
  const kept = path === undefined ? undefined : keepIn(fauxqs, path, onBroken);
  const stored = async () => kept?.stored();
  const trace = new AsyncLocalStorage<string | undefined>();
  const app = fauxqs.build();
  app.addHook('onRequest', (request, reply, done) => {
    if (isOwnCall(request.headers, credentials.accessKeyId, request.socket.localPort ?? 0)) done();
    else if (isSignedLink(request, credentials, now())) done();
    else reply.code(403).send(UNKNOWN_CALLER);
  });
  app.addHook('preHandler', ({ headers }, _reply, done) => trace.run(headers['x-amzn-trace-id']?.toString(), done));
  app.addHook('onSend', async (_request, _reply, payload) => {
    await stored();
    return payload;
  });
  failObjects(app, s3Store, objectFault);
  const direct = await fauxqs.direct({ inChain: (id, work) => trace.run(id, work), stored });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  sqsStore.host = '127.0.0.1';
  createQueues(template, sqsStore, url);
  createBuckets(template, s3Store);
  for (const queue of sqsStore.allQueues()) {
    const enqueue = queue.enqueue.bind(queue);
    queue.enqueue = (message) => {
      message.trace ??= trace.getStore();
      enqueue(message);
      onEnqueue();
    };
  }
  const stop = async () => {
    await app.close();
    kept?.close();
  };
  const connect = () => {
    const { port1, port2 } = new MessageChannel();
    serve(port1, direct);
    return port2;
  };
  return new Queues({ fauxqs, url, stored, connect, stop });
}

/** Has the stores' content kept in this folder: what is written in one turn of the event loop by one transaction. */
function keepIn(fauxqs: Fauxqs, path: string, onBroken: (error: Error) => void) {
  const persistence = fauxqs.openPersistence(path);
  const { begin, commit, stored } = transactionOfTurn({
    get isTransaction() {
      return persistence.db.isTransaction;
    },
    exec: (sql) => orBroken(onBroken, () => persistence.db.exec(sql)),
  });
  fauxqs.keepIn(watched(persistence, onBroken, begin));
  return {
    stored,
    close() {
      commit();
      persistence.close();
    },
  };
}

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
    for (const queue of this.all()) queue.fifoLockedGroups.clear();
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

function createQueues(template: Template, store: Store, url: string): void {
  for (const { properties } of template.of('AWS::SQS::Queue')) {
    const name = String(properties.QueueName);
    const attributes = attributesOf(properties);
    const loaded = store.getQueueByName(name);
    // The template may have changed since the queue was stored.
    if (loaded !== undefined) loaded.setAttributes(attributes);
    else store.createQueue(name, `${url}/${ACCOUNT}/${name}`, `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`, attributes);
  }
}

function countVisible(queue: StoredQueue): number {
  queue.processTimers();
  if (!queue.isFifo()) return queue.messages.length;
  return [...queue.fifoMessages].filter(
    ([group, messages]) => messages.length > 0 && !queue.fifoLockedGroups.has(group),
  ).length;
}

function attributesOf(properties: Json): Record<string, string> {
  const attributes: Record<string, string> = {};
  const plain = [
    'FifoQueue',
    'VisibilityTimeout',
    'MessageRetentionPeriod',
    'DeduplicationScope',
    'FifoThroughputLimit',
    'ContentBasedDeduplication',
  ];
  for (const name of plain) if (properties[name] !== undefined) attributes[name] = String(properties[name]);
  if (properties.RedrivePolicy !== undefined) attributes.RedrivePolicy = JSON.stringify(properties.RedrivePolicy);
  return attributes;
}
