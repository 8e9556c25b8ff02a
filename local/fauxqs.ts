import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Answering } from './direct/calls.ts';
import { type Around, directQueues, type SqsRouter } from './direct/queues.ts';

/** Fields of a fauxqs message that we use. */
export interface StoredMessage {
  messageId: string;
  body: string;
  messageGroupId?: string;
  approximateReceiveCount: number;
  sentTimestamp: number;
  messageAttributes: Record<string, { DataType?: string; StringValue?: string }>;
  delayUntil?: number;
  /** The chain of invocations that sent the message. */
  trace?: string;
}
export interface StoredQueue {
  name: string;
  arn: string;
  url: string;
  attributes: Record<string, string>;
  messages: StoredMessage[];
  delayedMessages: StoredMessage[];
  fifoMessages: Map<string, StoredMessage[]>;
  fifoDelayed: Map<string, StoredMessage[]>;
  fifoLockedGroups: Map<string, number>;
  /** Ids of FIFO messages for five minutes: a message that comes again is swallowed. */
  deduplicationCache: { clear(): void };
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
export interface Persistence {
  load(sqs: unknown, sns: unknown, s3: unknown): void;
  db: Pick<DatabaseSync, 'exec' | 'isTransaction'>;
  close(): void;
}
export interface Store {
  host: string;
  createQueue(name: string, url: string, arn: string, attributes: Record<string, string>): StoredQueue;
  getQueueByName(name: string): StoredQueue | undefined;
  getQueueByArn(arn: string): StoredQueue | undefined;
  allQueues(): Iterable<StoredQueue>;
  purgeAll(): void;
  clearMessages(): void;
  persistence?: Persistence;
}
type Made = new (...args: unknown[]) => unknown;

/** The store of objects. */
export interface Buckets {
  /** Does nothing if there is one. */
  createBucket(name: string): void;
  hasBucket(name: string): boolean;
  listBuckets(): { name: string }[];
  emptyBucket(name: string): void;
  persistence?: Persistence;
}

export interface Request {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  socket: Socket;
}
export interface Reply {
  statusCode: number;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  removeHeader(name: string): Reply;
  send(body: object | string): void;
}
/** The part of a Fastify server that is used here. */
export interface App {
  addHook(event: 'onRequest' | 'preHandler', hook: (request: Request, reply: Reply, done: () => void) => void): void;
  addHook(event: 'onSend', hook: (request: Request, reply: Reply, payload: unknown) => Promise<unknown>): void;
  listen(options: object): Promise<string>;
  close(): Promise<void>;
}

/** Fauxqs' parts, each made when it is asked for. */
export interface Fauxqs {
  sqsStore: Store;
  s3Store: Buckets;
  createMessage(body: string): StoredMessage;
  /** In this folder. A commit leaves it to the system when it is written to the disk. */
  openPersistence(path: string): Persistence;
  /** Gives the stores' content a place to be kept, and takes from there what was kept. */
  keepIn(persistence: Persistence): void;
  build(): App;
  /** Its actions, without its server. */
  direct(around: Around): Promise<Answering>;
}

/** Characters that SQS refuses in a body. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const NOT_OF_SQS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Its stores and its persistence are not among its `exports`; the version is pinned. */
export async function loadFauxqs(): Promise<Fauxqs> {
  const root = dirname(fileURLToPath(import.meta.resolve('fauxqs')));
  const load = async (file: string) => (await import(pathToFileURL(join(root, file)).href)) as Record<string, Made>;
  const files = ['sqs/sqsStore.js', 'sns/snsStore.js', 's3/s3Store.js', 'persistence.js', 'app.js', 'sqs/sqsRouter.js'];
  const { SqsStore, SnsStore, S3Store, PersistenceManager, buildApp, SqsRouter }: Record<string, Made> = Object.assign(
    {},
    ...(await Promise.all(files.map(load))),
  );
  // It refuses characters beyond the first plane, such as emoji, which SQS accepts.
  const { INVALID_MESSAGE_BODY_CHAR: refused } = await load('sqs/sqsTypes.js');
  Object.assign(refused ?? {}, { test: (body: string) => NOT_OF_SQS.test(body) });
  const { createMessage } = SqsStore as unknown as Pick<Fauxqs, 'createMessage'>;
  const sqsStore = make<Store>(SqsStore);
  const snsStore = make<object>(SnsStore);
  const s3Store = make<Buckets>(S3Store);
  const stores = { sqsStore, snsStore, s3Store };
  const build = buildApp as unknown as (options: object) => App;
  return {
    sqsStore,
    s3Store,
    createMessage: (body) => createMessage(body),
    openPersistence(path) {
      const persistence = make<Persistence>(PersistenceManager, path);
      // Its journal is WAL already.
      persistence.db.exec('PRAGMA synchronous = NORMAL');
      return persistence;
    },
    keepIn(persistence) {
      persistence.load(sqsStore, snsStore, s3Store);
      // A store gives its persistence only to queues that it creates from now on. If it were set before the load, it would replace each queue's row,
      // and lose its messages.
      sqsStore.persistence = persistence;
      s3Store.persistence = persistence;
      for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
    },
    direct: (around) => directQueues(load, make<SqsRouter>(SqsRouter, sqsStore), around),
    build: () => build({ logger: false, host: '127.0.0.1', stores }),
  };
}

function make<Type>(type: Made | undefined, ...args: unknown[]): Type {
  if (type === undefined) throw new Error('fauxqs is not of the version that this was written for');
  return new type(...args) as Type;
}
