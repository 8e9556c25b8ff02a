import { rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { writeKeys } from '../adapters/dynamo/write-keys.ts';
import { DRIFT_HOUR } from '../core/results/lake-drift.ts';
import type { Alarms } from './alarms.ts';
import type { LocalClock } from './clock.ts';
import { type CloudOptions, type Compute, type Stores, startCompute, startStores } from './cloud-parts.ts';
import { controlPlane } from './control.ts';
import { keep, orBroken } from './data-folder.ts';
import { gateway } from './gateway.ts';
import { answer, close, listen } from './http.ts';
import { collectGarbage, startIdleGc } from './idle-gc.ts';
import type { Issuer } from './issuer.ts';
import type { Lambdas } from './lambdas.ts';
import type { Pollers } from './pollers.ts';
import type { Outbox } from './providers/outbox.ts';
import type { Queues } from './queues.ts';
import type { Cloud } from './running-cloud.ts';
import type { Engine } from './states/engine.ts';
import type { Tables } from './tables.ts';
import type { Template } from './template.ts';
import { startTime, type Time } from './time.ts';
import type { Topics } from './topics.ts';

export type { CloudOptions };

const DRAIN_MS = 10_000;
const DEV_KEY = 'dev';
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Starts the whole of Cairn on 127.0.0.1: the synthesised templates' resources over local emulators. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const onBroken = options.onBroken ?? ((error: Error) => console.error(error));
  let handle: Handler = async (_request, response) => answer(response, 503, { message: 'starting' });
  const main = await listen(options.port, (request, response) => handle(request, response));
  const url = `http://127.0.0.1:${main.port}`;
  let compute: Compute | undefined;
  const wake = () => compute?.pollers.schedule();
  const stores = await startStores(options, { url, onBroken, onEnqueue: wake });
  compute = await startCompute(options, stores, wake);
  const cloud = new LocalCloud({ options, onBroken, url, main: main.server, stores, compute });
  await cloud.begin();
  handle = cloud.handler();
  cloud.keepClock();
  cloud.time.begin();
  return cloud;
}

interface Parts {
  options: CloudOptions;
  onBroken: (error: Error) => void;
  url: string;
  main: Server;
  stores: Stores;
  compute: Compute;
}

class LocalCloud implements Cloud {
  readonly url: string;
  readonly clock: LocalClock;
  readonly template: Template;
  readonly tables: Tables;
  readonly queues: Queues;
  readonly lambdas: Lambdas;
  readonly pollers: Pollers;
  readonly alarms: Alarms;
  readonly engine: Engine;
  readonly outbox: Outbox;
  readonly issuer: Issuer;
  readonly topics: Topics;
  readonly time: Time;
  private readonly parts: Parts;
  private httpInFlight = 0;
  private stopIdleGc: (() => void) | undefined;
  private resetting: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    this.url = parts.url;
    const { stores, compute } = parts;
    this.clock = stores.clock;
    this.template = stores.template;
    this.tables = stores.tables;
    this.queues = stores.queues;
    this.outbox = stores.outbox;
    this.issuer = stores.issuer;
    this.topics = stores.topics;
    this.lambdas = compute.lambdas;
    this.engine = compute.engine;
    this.pollers = compute.pollers;
    this.alarms = compute.alarms;
    this.time = startTime({
      clock: this.clock,
      tables: this.tables,
      queues: this.queues,
      engine: this.engine,
      lambdas: this.lambdas,
      pollers: compute.pollers,
      alarms: compute.alarms,
      ...schedulesOf(this.template),
      httpInFlight: () => this.httpInFlight,
      onMove: () => this.keepClock(),
    });
  }

  async begin(): Promise<void> {
    // A process without a data folder ends soon, so it collects no garbage when idle: that discards compiled code and costs an eighth of its time.
    if (this.parts.options.dataDir !== undefined)
      this.stopIdleGc = startIdleGc(
        () => this.time.isBusy(),
        () => Object.values(this.lambdas.counts()).reduce((sum, { invocations }) => sum + invocations, 0),
        [() => this.lambdas.collectGarbage(), () => this.tables.collectGarbage(), collectGarbage],
      );
    await this.seed();
  }

  /** Answers what comes over HTTP. */
  handler(): Handler {
    const control = controlPlane(this);
    const serve = gateway(this.template, this.lambdas, this.issuer, () => this.clock.now());
    return async (request, response) => {
      if (request.url?.startsWith('/_local/')) return control(request, response);
      await this.resetting;
      this.httpInFlight += 1;
      try {
        await serve(request, response);
      } finally {
        this.httpInFlight -= 1;
      }
    };
  }

  /** Requests that arrive during the reset wait. */
  reset(): Promise<void> {
    this.resetting ??= this.resetNow().finally(() => {
      this.resetting = undefined;
    });
    return this.resetting;
  }

  keepClock(): void {
    const { options, onBroken, stores } = this.parts;
    const now = options.isVirtual ? { now: this.clock.now() } : {};
    orBroken(onBroken, () => keep(options.dataDir, { secret: stores.kept.secret, isWhole: true, ...now }));
  }

  async stop(): Promise<void> {
    const { main, stores, compute } = this.parts;
    await stopServing(main);
    await this.time.becomesIdle(DRAIN_MS);
    this.time.stop();
    this.stopIdleGc?.();
    compute.pollers.stop();
    this.engine.stop();
    this.keepClock();
    await this.lambdas.stop();
    await this.queues.stop();
    await close(compute.aws.server);
    await this.tables.stop();
    stores.journal.close();
    rmSync(stores.factsFolder, { recursive: true, force: true });
  }

  private async resetNow(): Promise<void> {
    const { pollers } = this.parts.compute;
    await this.time.interrupt();
    await this.time.becomesIdle(5_000);
    pollers.pause(true);
    this.engine.reset();
    await this.lambdas.reset();
    // Once more, for messages that functions sent until they were stopped.
    this.engine.reset();
    this.queues.reset();
    this.outbox.reset();
    this.topics.reset();
    this.parts.compute.resetAlarms();
    pollers.enableAll();
    this.clock.restart(this.parts.stores.start);
    await this.tables.reset();
    await this.seed();
    this.keepClock();
    pollers.pause(false);
  }

  private seed(): Promise<void> {
    const { writeKey } = this.parts.options;
    const keys = [DEV_KEY, ...(writeKey === undefined ? [] : [writeKey])];
    return seedKeys(this.tables, keys, () => this.clock.now());
  }
}

/** Refuses new connections; requests in flight are answered within `DRAIN_MS`. */
async function stopServing(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  // A kept-alive connection becomes idle only once its request is answered.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(late);
  clearInterval(idle);
}

/** Functions behind the templates' schedules: of every minute, and of every night. */
function schedulesOf(template: Template): { everyMinute: string[]; nightly: { arn: string; timeMs: number }[] } {
  const schedules = template.of('AWS::Scheduler::Schedule').map(({ properties }) => ({
    expression: String(properties.ScheduleExpression),
    arn: (properties.Target as { Arn: string }).Arn,
  }));
  const everyMinute = schedules.flatMap(({ expression, arn }) => (expression === 'rate(1 minute)' ? [arn] : []));
  if (everyMinute.length === 0) throw new Error('the stacks schedule nothing for every minute');
  const nightly = schedules.flatMap(({ expression, arn }) => {
    const [, minute, hour] = /^cron\((\d+) (\d+|\*) \* \* \? \*\)$/.exec(expression) ?? [];
    if (minute === undefined) return [];
    // AWS runs it every hour. Here it runs once a night, since there are few facts.
    const hours = hour === '*' ? DRIFT_HOUR : Number(hour);
    return [{ arn, timeMs: (hours * 60 + Number(minute)) * 60_000 }];
  });
  if (everyMinute.length + nightly.length < schedules.length)
    throw new Error('the stacks have schedules that the embedded cloud does not know');
  return { everyMinute, nightly };
}

async function seedKeys(tables: Tables, keys: string[], clock: () => number): Promise<void> {
  const catalog = writeKeys(tables.client, { table: tableName(tables), maxAgeMs: 0, clock });
  for (const key of keys) await catalog.add(key, { id: key, kind: 'server', name: key, at: clock(), by: 'local' });
}

const tableName = (tables: Tables): string => tables.named('catalog');
