import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { durationMs } from '../../core/time/duration.ts';

type Json = Record<string, unknown>;

export interface Answer<Body = Json> {
  status: number;
  body: Body;
  headers: Headers;
}

/** One entry of `GET /_local/outbox`. */
export interface Sent {
  at: string;
  channel: string;
  to: string | string[];
  profileId: string;
  messageId: string;
  template: string;
  title?: string;
  subject?: string;
  body?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
}

const READY_WITHIN_MS = 60_000;

/** Cairn as `npm start` runs it, on a virtual clock and in memory, used only over HTTP. */
export class Cairn {
  readonly url: string;
  private readonly process: ChildProcess | undefined;
  private readonly tokens = new Map<string, string>();
  /** All that the process has written. */
  output = '';

  private constructor(process: ChildProcess | undefined, url: string) {
    this.process = process;
    this.url = url;
  }

  /** A Cairn that another process has started, and stops. */
  static at(url: string): Cairn {
    return new Cairn(undefined, url);
  }

  /** `at` undefined: at the stored instant. */
  static async start(at: string | undefined, flags: string[] = ['--memory']): Promise<Cairn> {
    const child = spawn(
      process.execPath,
      // A larger young generation saves a tenth of the work.
      [
        '--max-semi-space-size=64',
        'local/main.ts',
        '--port',
        '0',
        '--clock',
        'virtual',
        ...(at === undefined ? [] : ['--at', at]),
        ...flags,
        // `npm run test:wire`.
        ...(process.env.WIRE === undefined ? [] : ['--wire']),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const url = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`not ready: ${errors}`));
      }, READY_WITHIN_MS);
      child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready: ${errors}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const ready = /Cairn is ready on (\S+)/.exec(line);
        if (ready?.[1] === undefined) return;
        clearTimeout(late);
        resolve(ready[1]);
      });
    });
    const cairn = new Cairn(child, url);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        cairn.output += chunk.toString();
      });
    return cairn;
  }

  /** SIGTERM, and the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { process } = this;
    if (process === undefined) throw new Error('only who has started it stops it');
    if (process.exitCode !== null) return process.exitCode;
    const ended = new Promise<number | null>((resolve) => process.once('exit', resolve));
    process.kill(signal);
    return ended;
  }

  async call<Body = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    // The caller names the shape that the contract gives this answer.
    return { status: response.status, body: (isJson ? JSON.parse(text) : text) as Body, headers: response.headers };
  }

  /** Calls the API as a user with that role (or `name:role`). */
  async as<Body = Json>(
    role: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const [sub, rank] = role.includes(':') ? role.split(':') : [role, role];
    let token = this.tokens.get(role);
    if (token === undefined) {
      const minted = await this.call<{ token: string }>('POST', '/_local/token', { sub, roles: [rank] });
      token = minted.body.token;
      this.tokens.set(role, token);
    }
    return this.call<Body>(method, path, body, { authorization: `Bearer ${token}`, ...headers });
  }

  /** The same, but any status other than 2xx fails the test. */
  async ok<Body = Json>(role: string, method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.as<Body>(role, method, path, body);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** One Segment call with the server key; settles, so that what it causes now has happened. */
  async post(type: string, message: Json): Promise<Answer> {
    const key = Buffer.from('dev:').toString('base64');
    const answer = await this.call('POST', `/v1/${type}`, message, { authorization: `Basic ${key}` });
    if (answer.status !== 200) throw new Error(`${type}: ${answer.status} ${JSON.stringify(answer.body)}`);
    await this.local('POST', 'settle');
    return answer;
  }

  track(userId: string, event: string, properties: Json = {}, more: Json = {}): Promise<Answer> {
    return this.post('track', { userId, event, properties, ...more });
  }
  identify(userId: string, traits: Json, more: Json = {}): Promise<Answer> {
    return this.post('identify', { userId, traits, ...more });
  }

  async local<Body = Json>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call<Body>(method, `/_local/${path}`, body);
    if (answer.status !== 200)
      throw new Error(`${method} /_local/${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  advance(by: string): Promise<Json> {
    return this.local('POST', 'advance', { by });
  }
  advanceTo(to: string): Promise<Json> {
    return this.local('POST', 'advance', { to });
  }
  async now(): Promise<string> {
    return (await this.local<{ now: string }>('GET', 'now')).now;
  }
  async outbox(filter: Record<string, string> = {}): Promise<Sent[]> {
    return (await this.local<{ items: Sent[] }>('GET', `outbox?${new URLSearchParams(filter)}`)).items;
  }
  async reset(): Promise<void> {
    await this.local('POST', 'reset');
    this.tokens.clear();
  }

  /** `PUT`s `examples/<kind>/<id>.json`. */
  async install(kind: string, id: string): Promise<void> {
    await this.ok('marketer', 'PUT', `/v1/${kind}/${id}`, await example(kind, id));
  }

  /** Takes a journey to `published`, with the people that this needs. */
  async publish(id: string): Promise<void> {
    await this.ok('marketer', 'POST', `/v1/journeys/${id}/submit`);
    await this.ok('approver', 'POST', `/v1/journeys/${id}/approve`, {});
    await this.ok('marketer', 'POST', `/v1/journeys/${id}/publish`);
  }
}

export async function example(kind: string, id: string): Promise<Json> {
  return JSON.parse(await readFile(`examples/${kind}/${id}.json`, 'utf8')) as Json;
}

/** ISO instant so long after another. */
export const later = (from: string, by: string): string => new Date(Date.parse(from) + durationMs(by)).toISOString();
