import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/**
 * `rate-limited`: 429 with `Retry-After`, as Cairn refuses. `throttled`: 429 without, `unavailable`: 503, as API Gateway does. `reset`: the
 * connection ends before the server sees the request. `lost`: the server has taken it, its answer does not arrive.
 */
export type Fault = 'rate-limited' | 'throttled' | 'unavailable' | 'reset' | 'lost';

/** Faults of a request's tries, one after the other; the next try succeeds. */
export type FaultPlan = readonly Fault[];

const PASS: FaultPlan = [];
/** Those of API Gateway with CORS configured, which its own answers carry too. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag,retry-after' };

/** A proxy between clients and Cairn. Requests with the same first event are tries of one request. */
export class FaultyProxy {
  /** Chosen once for each request, by the number of different ones before it. */
  plan: (index: number) => FaultPlan = () => PASS;
  /** Where Cairn is; undefined while it is not: connections are reset. */
  target: string | undefined;
  /** Injected faults, and statuses that were passed on. */
  readonly seen: string[] = [];
  /** Longest time from a request's `sentAt` to Cairn's answer. */
  slowestMs = 0;
  /** Headers of requests that were repeated. */
  readonly repeats: IncomingMessage['headers'][] = [];
  private readonly tries = new Map<string, { plan: FaultPlan; count: number }>();
  private readonly server = createServer((request, response) => void this.handle(request, response));

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    // A server that listens on a port has an address of this form.
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const fault = request.method === 'POST' ? this.nextFault(request, body) : undefined;
    if (fault !== undefined) this.seen.push(fault);
    switch (fault) {
      case 'rate-limited':
        return refuse(response, 429, { 'retry-after': '1' });
      case 'throttled':
        return refuse(response, 429);
      case 'unavailable':
        return refuse(response, 503);
      case 'reset':
        return void request.socket.destroy();
      default:
        await this.forward(request, body, response, fault === 'lost');
    }
  }

  private nextFault(request: IncomingMessage, body: Buffer): Fault | undefined {
    const text = textOf(request, body);
    const first = /"messageId": ?"([^"]*)"/.exec(text)?.[1] ?? text;
    let known = this.tries.get(first);
    if (known === undefined) {
      known = { plan: this.plan(this.tries.size), count: 0 };
      this.tries.set(first, known);
    } else this.repeats.push(request.headers);
    return known.plan[known.count++];
  }

  private forward(request: IncomingMessage, body: Buffer, response: ServerResponse, isLost: boolean): Promise<void> {
    const { target, url } = this;
    return new Promise((resolve) => {
      const reset = () => {
        request.socket.destroy();
        resolve();
      };
      if (target === undefined) return reset();
      const { host } = new URL(target);
      const passed = requestOf(
        `${target}${request.url}`,
        { method: request.method, headers: { ...request.headers, host }, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('error', reset);
          answer.once('end', () => {
            if (request.method === 'POST') this.seen.push(String(answer.statusCode));
            const sentAt = /"sentAt": ?"([^"]*)"/.exec(textOf(request, body))?.[1];
            if (sentAt !== undefined) this.slowestMs = Math.max(this.slowestMs, Date.now() - Date.parse(sentAt));
            if (isLost) return reset();
            // The settings of a source name Cairn's own host.
            const text = Buffer.concat(chunks).toString().replaceAll(host, new URL(url).host);
            const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers;
            response.writeHead(answer.statusCode ?? 500, headers).end(text);
            resolve();
          });
        },
      );
      passed.once('error', reset);
      passed.end(body);
    });
  }
}

const textOf = ({ headers }: IncomingMessage, body: Buffer): string =>
  (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const message = status === 429 ? 'Too Many Requests' : 'Service Unavailable';
  response.writeHead(status, { 'content-type': 'application/json', ...CORS, ...headers });
  response.end(JSON.stringify({ message }));
}
