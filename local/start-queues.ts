import { AsyncLocalStorage } from 'node:async_hooks';
import { MessageChannel } from 'node:worker_threads';
import { type Credentials, isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { orBroken, watched } from './data-folder.ts';
import { serve } from './direct/calls.ts';
import { type Fauxqs, loadFauxqs, type Store } from './fauxqs.ts';
import { createBuckets, failObjects } from './objects.ts';
import type { FaultMode } from './providers/outbox.ts';
import { ACCOUNT, Queues } from './queues.ts';
import { isSignedLink } from './signed-links.ts';
import { transactionOfTurn } from './sqlite.ts';
import type { Json, Template } from './template.ts';

const REGION = 'us-east-1';

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
