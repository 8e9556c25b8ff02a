import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Alarms } from './alarms.ts';
import { buildAssembly } from './assembly.ts';
import { type Credentials, newCredentials } from './callers.ts';
import { installClock, type LocalClock } from './clock.ts';
import { folder, inFolder, readKept } from './data-folder.ts';
import { serve } from './direct/calls.ts';
import type { DirectPorts } from './direct/clients.ts';
import { directServices } from './direct/services.ts';
import { type BusEvent, eventRules } from './events-rules.ts';
import { listen } from './http.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { type Lambdas, type StartFunction, startLambdas } from './lambdas.ts';
import { startMetrics } from './metrics.ts';
import { type Pollers, startPollers } from './pollers.ts';
import { type Outbox, startOutbox } from './providers/outbox.ts';
import type { Queues } from './queues.ts';
import { byHttp, onlyOwn, type Serve, services } from './services.ts';
import { startQueues } from './start-queues.ts';
import { statesApi } from './states/api.ts';
import { type Engine, startEngine } from './states/engine.ts';
import type { Execution } from './states/execution.ts';
import { fileJournal, type Journal, noJournal } from './states/journal.ts';
import { startTables, type Tables } from './tables.ts';
import type { Template } from './template.ts';
import { startTopics, type Topics } from './topics.ts';

export interface CloudOptions {
  /** 0: any free one. */
  port: number;
  isVirtual: boolean;
  /** Start of a virtual clock, epoch ms; absent: the stored instant, else now. */
  at?: number;
  /** Folder that state is kept in; absent: memory only. */
  dataDir?: string;
  /** A write key beside `dev`. */
  writeKey?: string;
  /** `host:port` on this machine that webhooks may call, separated by commas. */
  webhookHosts?: string;
  /** All calls of the functions go by HTTP, as they do on AWS; else most go from thread to thread. */
  isWired?: boolean;
  /** Called if the tables, the queues or another store cannot be read or written any more: nothing can be stored from then on. */
  onBroken?: (error: Error) => void;
  /** For the bench: another DynamoDB emulator, a proxy between it and the functions, and the age of the rules' pointer. */
  bench?: {
    dynamoUrl?: string;
    observe?: (service: 'dynamodb' | 'sqs' | 's3', url: string) => Promise<string>;
    pointerMaxAgeMs: number;
    /** Runs each function by itself. */
    startFunction?: StartFunction;
  };
}

/** The parts that keep state: the templates' stores and the providers' stand-ins. */
export interface Stores {
  credentials: Credentials;
  kept: Awaited<ReturnType<typeof readKept>>;
  template: Template;
  /** Where the clock started. */
  start: number;
  clock: LocalClock;
  outbox: Outbox;
  issuer: Issuer;
  tables: Tables;
  journal: Journal;
  /** Files of the lake that functions have read: it goes with the process. */
  factsFolder: string;
  queues: Queues;
  topics: Topics;
}

interface Surroundings {
  /** Where the cloud itself answers. */
  url: string;
  onBroken: (error: Error) => void;
  onEnqueue: () => void;
}

export async function startStores(options: CloudOptions, { url, onBroken, onEnqueue }: Surroundings): Promise<Stores> {
  const { dataDir } = options;
  const credentials = newCredentials();
  const kept = await inFolder(dataDir, async () => readKept(dataDir));
  const template = await buildAssembly();
  template.origin = url;
  const start = options.at ?? kept.now ?? Date.now();
  const clock = installClock(options.isVirtual, start);
  const outbox = await inFolder(dataDir, async () =>
    startOutbox(dataDir === undefined ? undefined : join(dataDir, 'outbox.jsonl'), onBroken),
  );
  const issuer = await startIssuer();
  const tables = await inFolder(dataDir, () =>
    startTables(template, {
      credentials,
      path: folder(dataDir, 'tables'),
      given: options.bench?.dynamoUrl,
      onBroken,
    }),
  );
  const journal = await inFolder(dataDir, async () =>
    dataDir === undefined ? noJournal : fileJournal(join(dataDir, 'executions.db'), onBroken),
  );
  const queues = await inFolder(dataDir, () =>
    startQueues(template, {
      credentials,
      path: folder(dataDir, 'queues'),
      onEnqueue,
      objectFault: () => outbox.meets('s3'),
      now: () => clock.now(),
      onBroken,
    }),
  );
  const topics = startTopics(template);
  const factsFolder = folder(dataDir, 'facts') ?? mkdtempSync(join(tmpdir(), 'cairn-facts-'));
  return { credentials, kept, template, start, clock, outbox, issuer, tables, journal, factsFolder, queues, topics };
}

/** The parts that run: functions, pollers of their queues, state machines, and the other services that functions call. */
export interface Compute {
  engine: Engine;
  lambdas: Lambdas;
  pollers: Pollers;
  alarms: Alarms;
  /** Forgets all metrics and states. */
  resetAlarms: () => void;
  aws: Awaited<ReturnType<typeof listen>>;
}

/** The same for every installation, so that receivers can be tested with it. */
const WEBHOOK_SECRET = Buffer.from('cairn, on this machine alone').toString('base64');

export async function startCompute(options: CloudOptions, stores: Stores, onDone: () => void): Promise<Compute> {
  const { credentials, kept, template, clock, outbox, tables, journal, queues, topics } = stores;
  const now = () => clock.now();
  let started: Lambdas | undefined;
  const lambdas = (): Lambdas => {
    if (started === undefined) throw new Error('the functions are not started yet');
    return started;
  };
  const notify = eventRules(template, { lambdas, queues });
  const metrics = startMetrics();
  const alarms = new Alarms({ template, metrics, now, notify });
  const engine = startEngine({
    now,
    invoke: (arn, payload) => lambdas().invokeArn(arn, payload),
    onChange: () => setImmediate(() => engine.pump()),
    onEnd: (execution) => notify(ended(execution, now())),
    journal,
  });
  const secrets = { links: kept.secret, webhooks: WEBHOOK_SECRET };
  const served = services({ outbox, states: statesApi(engine, now), lambdas, secrets, topics, now });
  const aws = await listen(0, onlyOwn(credentials.accessKeyId, byHttp(served)));
  const observe = options.bench?.observe ?? (async (_service: string, plain: string) => plain);
  const [dynamoUrl, sqsUrl] = [await observe('dynamodb', tables.url), await observe('sqs', queues.url)];
  const s3Url = await observe('s3', queues.url);
  started = startLambdas({
    template,
    onMetrics: (line) => metrics.take(line),
    clock,
    shared: environment(credentials, {
      dynamo: dynamoUrl,
      sqs: sqsUrl,
      s3: s3Url,
      others: `http://127.0.0.1:${aws.port}`,
    }),
    own: { WEBHOOK_HOSTS: webhookHosts(template.origin, options), FACTS_FOLDER: stores.factsFolder },
    queueUrl: (name) => queues.urlOf(name).replace(queues.url, sqsUrl),
    pointerMaxAgeMs: options.bench?.pointerMaxAgeMs ?? 0,
    // The bench's age is AWS's, where nobody counts.
    catalogChanges: options.bench === undefined ? tables.catalogChanges : undefined,
    connect: () => portsOf({ tables, queues, served }, options),
    startFunction: options.bench?.startFunction,
    onDone,
  });
  const resetAlarms = () => {
    metrics.reset();
    alarms.reset();
  };
  return { engine, lambdas: started, pollers: startPollers(template, queues, started), aws, alarms, resetAlarms };
}

/** This process is a receiver, too: `/_local/receiver`. */
function webhookHosts(origin: string, options: CloudOptions): string {
  const { host, port } = new URL(origin);
  return [host, `localhost:${port}`, ...(options.webhookHosts === undefined ? [] : [options.webhookHosts])].join(',');
}

/** No ports where the bench observes calls: its meter listens to HTTP. */
function portsOf(
  { tables, queues, served }: { tables: Tables; queues: Queues; served: Serve },
  { isWired = false, bench }: CloudOptions,
): DirectPorts {
  if (isWired || bench?.observe !== undefined || bench?.startFunction !== undefined) return {};
  const dynamodb = tables.connect();
  return { ...(dynamodb === undefined ? {} : { dynamodb }), sqs: queues.connect(), others: portTo(served) };
}

function portTo(served: Serve): MessagePort {
  const { port1, port2 } = new MessageChannel();
  serve(port1, directServices(served));
  return port2;
}

function environment(
  { accessKeyId, secretAccessKey }: Credentials,
  urls: Record<'dynamo' | 'sqs' | 's3' | 'others', string>,
): Record<string, string> {
  const others = ['SFN', 'SESV2', 'PINPOINT', 'PINPOINT_SMS_VOICE_V2', 'LAMBDA', 'SECRETS_MANAGER', 'SNS'];
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamo,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    AWS_ENDPOINT_URL_S3: urls.s3,
    ...Object.fromEntries(others.map((service) => [`AWS_ENDPOINT_URL_${service}`, urls.others])),
    LOG_LEVEL: 'warn',
    TZ: 'UTC',
  };
}

/** As Step Functions reports the end of an execution to EventBridge. */
const ended = ({ status, name, arn, machine }: Execution, now: number): BusEvent => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  time: new Date(now).toISOString(),
  resources: [arn],
  detail: { status, name, executionArn: arn, stateMachineArn: machine },
});
