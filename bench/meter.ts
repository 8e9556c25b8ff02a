import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ROOT } from '../lib/sources.ts';
import { startCloud } from '../local/cloud.ts';

/** Calls from the functions to the emulators. */
export interface Counts {
  reads: number;
  /** Those among them by which `dispatch-due` looks for what falls due. */
  dueReads: number;
  writes: number;
  /** Calls by operation and table, as `PutItem runs`. */
  dynamo: Record<string, number>;
  /** Units by operation and table. */
  units: Record<string, number>;
  sqs: Record<string, number>;
  /** Calls by operation. */
  s3: Record<string, number>;
}

export interface Meter {
  counts: Counts;
  reset(): void;
  observe(service: 'dynamodb' | 'sqs' | 's3', url: string): Promise<string>;
  stop(): void;
}

const READS = new Set(['GetItem', 'Query', 'BatchGetItem', 'Scan']);

/** Whether the units of such a call are read units. `call`: operation and table. */
export const isReading = (call: string): boolean => READS.has(call.split(' ')[0] ?? '');

const noCounts = (): Counts => ({ reads: 0, dueReads: 0, writes: 0, dynamo: {}, units: {}, sqs: {}, s3: {} });

/** Proxies that count calls, and add up the capacity that the DynamoDB emulator reports, indexes included. */
export function startMeter(): Meter {
  const counts = noCounts();
  const servers: Server[] = [];
  return {
    counts,
    reset() {
      Object.assign(counts, noCounts());
    },
    async observe(service, url) {
      const server = proxy(new URL(url), OBSERVERS[service](counts));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      servers.push(server);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** How the bench meters one service: which call stands for a request, and how it counts. */
interface Observer {
  /** Absent: it passes as it is; objects are no text. */
  rewrite?(request: string): string;
  count(operation: string, request: string, answer: string): void;
}

const countSqs = (counts: Counts): Observer => ({
  count(operation, request) {
    const kind = /\.fifo/.test(request) ? `${operation} (FIFO)` : operation;
    counts.sqs[kind] = (counts.sqs[kind] ?? 0) + 1;
  },
});

const countDynamo = (counts: Counts): Observer => ({
  rewrite: (request) => JSON.stringify({ ...JSON.parse(request), ReturnConsumedCapacity: 'TOTAL' }),
  count(operation, request, answer) {
    const call = `${operation} ${tableOf(request)}`;
    counts.dynamo[call] = (counts.dynamo[call] ?? 0) + 1;
    const said = unitsOf(answer);
    const isRead = isReading(call);
    // A refused condition costs what the write would have cost; the stand-in says nothing of it.
    const units = isRead || said > 0 ? said : 1;
    counts.units[call] = (counts.units[call] ?? 0) + units;
    if (isRead) counts.reads += units;
    else counts.writes += units;
    if (isRead && request.includes('"IndexName":"due"')) counts.dueReads += units;
  },
});

/** An absent object is charged like one that is there. */
const countObjects = (counts: Counts): Observer => ({
  count(operation) {
    counts.s3[operation] = (counts.s3[operation] ?? 0) + 1;
  },
});

const OBSERVERS = { dynamodb: countDynamo, sqs: countSqs, s3: countObjects };

/** The SDK names it in a header; that of S3 in the query. */
function operationOf({ headers, url = '' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return target === undefined
    ? (new URLSearchParams(url.split('?')[1]).get('x-id') ?? '')
    : (String(target).split('.')[1] ?? '');
}

/** Name of the table without its prefix. */
function tableOf(request: string): string {
  const { TableName, RequestItems = {} } = JSON.parse(request) as { TableName?: string; RequestItems?: object };
  return String(TableName ?? Object.keys(RequestItems)[0]).replace(/^\w+-/, '');
}

function proxy(target: URL, { rewrite, count }: Observer): Server {
  return createServer((incoming, outgoing) => {
    collect(incoming, (request) => {
      const operation = operationOf(incoming);
      const text = request.toString('utf8');
      const body = rewrite === undefined ? request : Buffer.from(rewrite(text));
      const headers = { ...incoming.headers, host: target.host, 'content-length': String(body.byteLength) };
      const passed = httpRequest(
        { host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers },
        (answer) =>
          collect(answer, (said) => {
            count(operation, text, said.toString('utf8'));
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            outgoing.end(said);
          }),
      );
      passed.on('error', () => outgoing.destroy());
      passed.end(body);
    });
  });
}

function collect(stream: Readable, onEnd: (content: Buffer) => void): void {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => onEnd(Buffer.concat(parts)));
}

function unitsOf(answer: string): number {
  const said: unknown = JSON.parse(answer === '' ? '{}' : answer);
  const capacity: unknown =
    typeof said === 'object' && said !== null && 'ConsumedCapacity' in said ? said.ConsumedCapacity : undefined;
  const all = Array.isArray(capacity) ? (capacity as unknown[]) : [capacity];
  return all.reduce<number>(
    (sum, one) =>
      sum + (typeof one === 'object' && one !== null && 'CapacityUnits' in one ? Number(one.CapacityUnits) : 0),
    0,
  );
}

/** A cloud on a virtual clock, over the emulator that reports capacity, with its meter. */
export async function startMetered() {
  const meter = startMeter();
  const dynamo = await startDynoxide();
  const cloud = await startCloud({
    port: 0,
    isVirtual: true,
    at: Date.parse('2026-11-02T01:00:00Z'),
    bench: { dynamoUrl: dynamo.url, observe: meter.observe, pointerMaxAgeMs: 5_000 },
  });
  const stop = async () => {
    await cloud.stop();
    dynamo.stop();
    meter.stop();
  };
  return { meter, cloud, stop };
}

/** The emulator takes no port of its own choice. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The emulator that reports capacity as DynamoDB does, indexes included: one for each process. Linux on x64 only. */
export async function startDynoxide(): Promise<{ url: string; stop: () => void }> {
  const binary = join(ROOT, 'node_modules', '@dynoxide', 'linux-x64', 'dynoxide');
  const port = await freePort();
  const child: ChildProcess = spawn(binary, ['serve', '--host', '127.0.0.1', '--port', String(port)], {
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill());
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return { url, stop: () => child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('dynoxide does not answer');
}
