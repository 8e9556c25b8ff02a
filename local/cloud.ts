import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { writeKeys } from '../adapters/dynamo/write-keys.ts';
import { buildAssembly } from './assembly.ts';
import { type Credentials, newCredentials } from './callers.ts';
import { installClock } from './clock.ts';
import type { Cloud } from './cloud-parts.ts';
import { controlPlane } from './control.ts';
import { folder, inFolder, keep, orBroken, readKept } from './data-folder.ts';
import { gateway } from './gateway.ts';
import { answer, close, listen } from './http.ts';
import { collectGarbage, startIdleGc } from './idle-gc.ts';
import { startIssuer } from './issuer.ts';
import { type Lambdas, startLambdas } from './lambdas.ts';
import { startPollers } from './pollers.ts';
import { startOutbox } from './providers/outbox.ts';
import { startQueues } from './queues.ts';
import { onlyOwn, services } from './services.ts';
import { statesApi } from './states/api.ts';
import { type Engine, startEngine } from './states/engine.ts';
import type { Execution } from './states/execution.ts';
import { fileJournal, noJournal } from './states/journal.ts';
import { startTables, type Tables } from './tables.ts';
import type { Template } from './template.ts';
import { startTime } from './time.ts';

export interface CloudOptions {
  /** 0: any free one. */
  port: number;
  isVirtual: boolean;
  /** Where a virtual clock starts, epoch ms; absent: at the stored instant, else now. */
  at?: number;
  /** Folder that state is kept in; absent: memory only. */
  dataDir?: string;
  /** Beside `dev`. */
  writeKey?: string;
  /** `host:port` on this machine that webhooks may call, separated by commas. */
  webhookHosts?: string;
  /** The tables, the queues or another store cannot be read or written any more: nothing that comes from now on can be kept. */
  onBroken?: (error: Error) => void;
  /** For the bench: another DynamoDB stand-in, what stands between it and the functions, and how old the rules' pointer may be. */
  bench?: {
    dynamoUrl?: string;
    observe?: (service: 'dynamodb' | 'sqs', url: string) => Promise<string>;
    pointerMaxAgeMs: number;
  };
}

const DRAIN_MS = 10_000;
const DEV_KEY = 'dev';
/** The same for everybody who tries Cairn: receivers can be written against it. */
const WEBHOOK_SECRET = Buffer.from('cairn, on this machine alone').toString('base64');
/** Starts Cairn whole on 127.0.0.1: the synthesised templates' resources over local stand-ins. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { dataDir } = options;
  const onBroken = options.onBroken ?? ((error: Error) => console.error(error));
  const credentials = newCredentials();
  const inFlight = { http: 0 };
  let handle = async (_request: IncomingMessage, response: ServerResponse) =>
    answer(response, 503, { message: 'starting' });
  const main = await listen(options.port, (request, response) => handle(request, response));
  const url = `http://127.0.0.1:${main.port}`;
  const kept = await inFolder(dataDir, async () => readKept(dataDir));
  const template = await buildAssembly();
  template.origin = url;
  const start = options.at ?? kept.now ?? Date.now();
  const clock = installClock(options.isVirtual, start);
  const now = () => clock.now();

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
  let pollers: ReturnType<typeof startPollers> | undefined;
  const queues = await inFolder(dataDir, () =>
    startQueues(template, {
      credentials,
      path: folder(dataDir, 'queues'),
      onEnqueue: () => pollers?.schedule(),
      onBroken,
    }),
  );
  let lambdas: Lambdas | undefined;
  const hosted = (): Lambdas => {
    if (lambdas === undefined) throw new Error('the functions are not started yet');
    return lambdas;
  };
  const wake = () => pollers?.schedule();
  const secrets = { links: kept.secret, webhooks: WEBHOOK_SECRET };
  const engine = startEngine({
    now,
    invoke: (arn, payload) => hosted().invokeArn(arn, payload),
    onChange: () => setImmediate(() => engine.pump()),
    onEnd: (execution) => tellEnd(template, hosted(), execution),
    journal,
  });
  const served = services({ outbox, states: statesApi(engine, now), lambdas: hosted, secrets, now });
  const aws = await listen(0, onlyOwn(credentials.accessKeyId, served));
  const observe = options.bench?.observe ?? (async (_service: string, plain: string) => plain);
  const [dynamoUrl, sqsUrl] = [await observe('dynamodb', tables.url), await observe('sqs', queues.url)];
  lambdas = startLambdas({
    template,
    clock,
    shared: environment(credentials, dynamoUrl, sqsUrl, `http://127.0.0.1:${aws.port}`),
    own: { WEBHOOK_HOSTS: options.webhookHosts ?? '' },
    queueUrl: (name) => queues.urlOf(name).replace(queues.url, sqsUrl),
    pointerMaxAgeMs: options.bench?.pointerMaxAgeMs ?? 0,
    onDone: wake,
  });
  pollers = startPollers(template, queues, lambdas);

  const time = startTime({
    clock,
    tables,
    queues,
    engine,
    lambdas,
    pollers,
    ...schedulesOf(template),
    httpInFlight: () => inFlight.http,
    onMove: () => cloud.keepClock(),
  });
  // What keeps nothing ends soon; collections cost it an eighth of its time, for compiled code goes with the garbage.
  const thrift =
    options.dataDir === undefined
      ? undefined
      : startIdleGc(
          time.isBusy,
          () => Object.values(hosted().counts()).reduce((sum, { invocations }) => sum + invocations, 0),
          [() => hosted().giveBack(), () => tables.giveBack(), collectGarbage],
        );
  const seed = () => seedKeys(tables, [DEV_KEY, ...(options.writeKey === undefined ? [] : [options.writeKey])], now);
  await seed();

  let resetting: Promise<void> | undefined;
  async function reset(): Promise<void> {
    await time.interrupt();
    await time.quiet(5_000);
    pollers?.pause(true);
    engine.reset();
    await hosted().reset();
    // Once more, for what functions sent until they were ended.
    engine.reset();
    queues.reset();
    outbox.reset();
    clock.restart(start);
    await tables.reset();
    await seed();
    cloud.keepClock();
    pollers?.pause(false);
  }

  const cloud: Cloud = {
    url,
    clock,
    template,
    tables,
    queues,
    lambdas,
    engine,
    outbox,
    issuer,
    time,
    /** What comes meanwhile waits. */
    reset() {
      resetting ??= reset().finally(() => {
        resetting = undefined;
      });
      return resetting;
    },
    keepClock() {
      const now = options.isVirtual ? { now: clock.now() } : {};
      orBroken(onBroken, () => keep(dataDir, { secret: kept.secret, isWhole: true, ...now }));
    },
    async stop() {
      await stopServing(main.server);
      await time.quiet(DRAIN_MS);
      time.stop();
      thrift?.();
      pollers?.stop();
      engine.stop();
      cloud.keepClock();
      await hosted().stop();
      await queues.stop();
      await close(aws.server);
      await tables.stop();
      journal.close();
    },
  };
  const control = controlPlane(cloud);
  const serve = gateway(template, lambdas, issuer, now);
  handle = async (request, response) => {
    if (request.url?.startsWith('/_local/')) return control(request, response);
    await resetting;
    inFlight.http += 1;
    try {
      await serve(request, response);
    } finally {
      inFlight.http -= 1;
    }
  };
  cloud.keepClock();
  time.begin();
  return cloud;
}

/** New connections are refused; requests that are under way get their answers, within `DRAIN_MS`. */
async function stopServing(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  // What is kept alive becomes idle only once it is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(late);
  clearInterval(idle);
}

function environment(
  { accessKeyId, secretAccessKey }: Credentials,
  dynamo: string,
  sqs: string,
  aws: string,
): Record<string, string> {
  const others = ['SFN', 'SESV2', 'PINPOINT', 'PINPOINT_SMS_VOICE_V2', 'LAMBDA', 'SECRETS_MANAGER'];
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo,
    AWS_ENDPOINT_URL_SQS: sqs,
    ...Object.fromEntries(others.map((service) => [`AWS_ENDPOINT_URL_${service}`, aws])),
    LOG_LEVEL: 'warn',
    TZ: 'UTC',
  };
}

/** ARNs of the functions behind the templates' schedules: of every minute, and of every night. */
function schedulesOf(template: Template): { tick: string; nightly: string[] } {
  const schedules = template.of('AWS::Scheduler::Schedule').map(({ properties }) => ({
    isTick: properties.ScheduleExpression === 'rate(1 minute)',
    arn: (properties.Target as { Arn: string }).Arn,
  }));
  const tick = schedules.find(({ isTick }) => isTick)?.arn;
  if (tick === undefined) throw new Error('the stacks schedule nothing for every minute');
  return { tick, nightly: schedules.filter(({ isTick }) => !isTick).map(({ arn }) => arn) };
}

/** EventBridge: rules on executions' ends invoke their targets. */
function tellEnd(template: Template, lambdas: Lambdas, { status, name, arn, machine }: Execution): void {
  for (const { properties } of template.of('AWS::Events::Rule')) {
    const pattern = properties.EventPattern as { detail?: { status?: string[] } } | undefined;
    if (!pattern?.detail?.status?.includes(status)) continue;
    for (const target of (properties.Targets ?? []) as { Arn: string }[]) {
      const event = {
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        detail: { status, name, executionArn: arn, stateMachineArn: machine },
      };
      lambdas.invokeArn(target.Arn, event).catch((error: unknown) => console.error(error));
    }
  }
}

async function seedKeys(tables: Tables, keys: string[], clock: () => number): Promise<void> {
  const catalog = writeKeys(tables.client, { table: tableName(tables), maxAgeMs: 0, clock });
  for (const key of keys) await catalog.add(key, { id: key, kind: 'server', name: key, at: clock(), by: 'local' });
}

const tableName = (tables: Tables): string => tables.named('catalog');
