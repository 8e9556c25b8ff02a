import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Credentials, isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { orBroken, watched } from './data-folder.ts';
import { atOnce } from './sqlite.ts';
import type { Json, Template } from './template.ts';

/** What is used of a fauxqs message. */
interface StoredMessage {
  messageId: string;
  body: string;
  messageGroupId?: string;
  approximateReceiveCount: number;
  sentTimestamp: number;
  messageAttributes: Record<string, { StringValue?: string }>;
  delayUntil?: number;
  /** The chain of invocations that sent it. */
  trace?: string;
}
interface StoredQueue {
  name: string;
  arn: string;
  url: string;
  attributes: Record<string, string>;
  messages: StoredMessage[];
  delayedMessages: StoredMessage[];
  fifoMessages: Map<string, StoredMessage[]>;
  fifoDelayed: Map<string, StoredMessage[]>;
  fifoLockedGroups: Map<string, number>;
  inflightMessages: Map<string, { message: StoredMessage; visibilityDeadline: number }>;
  isFifo(): boolean;
  enqueue(message: StoredMessage): void;
  dequeue(
    count: number,
    visibility: number | undefined,
    dlq: (arn: string) => StoredQueue | undefined,
  ): { ReceiptHandle: string }[];
  deleteMessage(receipt: string): boolean;
  processTimers(): void;
  setAttributes(attributes: Record<string, string>): void;
  persistence?: Persistence;
}
/** Its SQLite file. */
interface Persistence {
  loadSqsAndSns(sqs: unknown, sns: unknown): void;
  db: Pick<DatabaseSync, 'exec' | 'isTransaction'>;
  close(): void;
}
interface Store {
  host: string;
  createQueue(name: string, url: string, arn: string, attributes: Record<string, string>): StoredQueue;
  getQueueByName(name: string): StoredQueue | undefined;
  getQueueByArn(arn: string): StoredQueue | undefined;
  allQueues(): Iterable<StoredQueue>;
  purgeAll(): void;
  clearMessages(): void;
  persistence?: Persistence;
}
/** What is used of Fastify's. */
interface Request {
  headers: Record<string, string | undefined>;
}
type Made = new (...args: unknown[]) => unknown;

export interface Received {
  receipt: string;
  message: StoredMessage;
}
export type Queues = Awaited<ReturnType<typeof startQueues>>;

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';

/** What SQS refuses in a body. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const NOT_OF_SQS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

interface Options {
  credentials: Credentials;
  /** Where they are kept; absent: in memory. */
  path?: string;
  onEnqueue: () => void;
  /** Their file cannot be written any more. */
  onBroken: (error: Error) => void;
}

/** The templates' queues in fauxqs: its server for the SDK, its stores for the pollers beside it. */
export async function startQueues(template: Template, { credentials, path, onEnqueue, onBroken }: Options) {
  const root = dirname(fileURLToPath(import.meta.resolve('fauxqs')));
  // Its stores and its persistence are not among its `exports`; the version is pinned.
  const load = async (file: string) => (await import(pathToFileURL(join(root, file)).href)) as Record<string, Made>;
  const files = ['sqs/sqsStore.js', 'sns/snsStore.js', 's3/s3Store.js', 'persistence.js', 'app.js'];
  const { SqsStore, SnsStore, S3Store, PersistenceManager, buildApp }: Record<string, Made> = Object.assign(
    {},
    ...(await Promise.all(files.map(load))),
  );
  // It knows no character beyond the first plane and refuses emoji, which SQS takes.
  const { INVALID_MESSAGE_BODY_CHAR: refused } = await load('sqs/sqsTypes.js');
  Object.assign(refused ?? {}, { test: (body: string) => NOT_OF_SQS.test(body) });
  const make = <Type>(type: Made | undefined, ...args: unknown[]): Type => {
    if (type === undefined) throw new Error('fauxqs is not of the version that this was written for');
    return new type(...args) as Type;
  };
  const sqsStore = make<Store>(SqsStore);
  const snsStore = make<object>(SnsStore);
  const s3Store = make<object>(S3Store);
  const persistence = path === undefined ? undefined : watched(make<Persistence>(PersistenceManager, path), onBroken);
  if (persistence !== undefined) {
    persistence.loadSqsAndSns(sqsStore, snsStore);
    // A store gives its persistence only to the queues that it creates from now on. Set before the load, it would replace each
    // queue's row, and the messages would go with it.
    sqsStore.persistence = persistence;
    for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  }
  const build = buildApp as unknown as (options: object) => {
    addHook(
      event: 'onRequest',
      hook: (
        request: { headers: IncomingHttpHeaders; socket: Socket },
        reply: { code(status: number): { send(body: object): void } },
        done: () => void,
      ) => void,
    ): void;
    addHook(name: 'preHandler', hook: (request: Request, reply: unknown, done: () => void) => void): void;
    listen(options: object): Promise<string>;
    close(): Promise<void>;
  };
  const app = build({ logger: false, host: '127.0.0.1', stores: { sqsStore, snsStore, s3Store } });
  app.addHook('onRequest', (request, reply, done) => {
    if (isOwnCall(request.headers, credentials.accessKeyId, request.socket.localPort ?? 0)) done();
    else reply.code(403).send(UNKNOWN_CALLER);
  });
  const trace = new AsyncLocalStorage<string | undefined>();
  app.addHook('preHandler', ({ headers }, _reply, done) => trace.run(headers['x-amzn-trace-id'], done));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  sqsStore.host = '127.0.0.1';

  for (const { properties } of template.of('AWS::SQS::Queue')) {
    const name = String(properties.QueueName);
    const attributes = attributesOf(properties);
    const loaded = sqsStore.getQueueByName(name);
    // The template may have changed since the queue was stored.
    if (loaded !== undefined) loaded.setAttributes(attributes);
    else
      sqsStore.createQueue(name, `${url}/${ACCOUNT}/${name}`, `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`, attributes);
  }
  const all = (): StoredQueue[] => [...sqsStore.allQueues()];
  for (const queue of all()) {
    const enqueue = queue.enqueue.bind(queue);
    queue.enqueue = (message) => {
      message.trace ??= trace.getStore();
      enqueue(message);
      onEnqueue();
    };
  }
  const find = (arn: string): StoredQueue => {
    const queue = sqsStore.getQueueByArn(arn);
    if (queue === undefined) throw new Error(`there is no queue ${arn}`);
    return queue;
  };
  const visible = (queue: StoredQueue): number => {
    queue.processTimers();
    if (!queue.isFifo()) return queue.messages.length;
    return [...queue.fifoMessages].filter(
      ([group, messages]) => messages.length > 0 && !queue.fifoLockedGroups.has(group),
    ).length;
  };

  return {
    url,
    urlOf: (name: string) => `${url}/${ACCOUNT}/${name}`,
    nameOf: (arn: string) => find(arn).name,
    hasVisible(arn: string): boolean {
      const queue = find(arn);
      queue.processTimers();
      if (!queue.isFifo()) return queue.messages.length > 0;
      for (const [group, messages] of queue.fifoMessages)
        if (messages.length > 0 && !queue.fifoLockedGroups.has(group)) return true;
      return false;
    },
    receive(arn: string, count: number): Received[] {
      const queue = find(arn);
      const take = () => queue.dequeue(count, undefined, (dlq) => sqsStore.getQueueByArn(dlq));
      // At once: a kill between two statements would lose a message on its way to its dead-letter queue.
      const taken = persistence === undefined ? take() : orBroken(onBroken, () => atOnce(persistence.db, take));
      return taken.flatMap(({ ReceiptHandle: receipt }) => {
        const message = queue.inflightMessages.get(receipt)?.message;
        return message === undefined ? [] : [{ receipt, message }];
      });
    },
    remove: (arn: string, receipt: string) => find(arn).deleteMessage(receipt),
    /** Puts a message as SNS would; on FIFO into that group. */
    put(arn: string, body: string, group?: string): void {
      const { createMessage } = SqsStore as unknown as { createMessage(body: string): StoredMessage };
      find(arn).enqueue({ ...createMessage(body), ...(group === undefined ? {} : { messageGroupId: group }) });
    },
    /** The queue `<prefix>-<name>`, or `<prefix>-<name>.fifo`; undefined: there is none. */
    arnOf: (name: string): string | undefined =>
      all().find((queue) => queue.name.replace(/\.fifo$/, '').replace(/^[^-]+-/, '') === name)?.arn,
    /** What lies on a queue, oldest first by group, without taking it. */
    lying(arn: string): StoredMessage[] {
      const queue = find(arn);
      queue.processTimers();
      return queue.isFifo() ? [...queue.fifoMessages.values()].flat() : [...queue.messages];
    },
    /** Instants at which something becomes visible: delays and the ends of visibility. */
    nextInstant(): number | undefined {
      let next: number | undefined;
      const see = (at: number | undefined) => {
        if (at !== undefined) next = Math.min(next ?? at, at);
      };
      for (const queue of all()) {
        for (const message of [...queue.delayedMessages, ...[...queue.fifoDelayed.values()].flat()])
          see(message.delayUntil);
        for (const entry of queue.inflightMessages.values()) see(entry.visibilityDeadline);
      }
      return next;
    },
    counts: () => Object.fromEntries(all().map((queue) => [queue.name, visible(queue)])),
    reset(): void {
      sqsStore.clearMessages();
      for (const queue of all()) queue.fifoLockedGroups.clear();
    },
    async stop(): Promise<void> {
      await app.close();
      persistence?.close();
    },
  };
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
