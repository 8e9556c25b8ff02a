import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { type Cairn, example } from '../scenarios/cairn.ts';
import { namedByExample } from '../scenarios/example-journeys.ts';

/** Journeys beside the examples: the only ones with a webhook, with a journey that they start, and with an exit from a closed window. */
export const OWN_JOURNEYS = ['after', 'deal', 'news'];

export const exampleJourneys = async (): Promise<string[]> =>
  (await readdir('examples/journeys')).map((file) => file.replace('.json', ''));

/** Another system, which records the calls and their customers. */
export class Receiver {
  readonly calls: { id: string; by: string }[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        this.calls.push({ id: String(request.headers['webhook-id']), ...(JSON.parse(text) as { by: string }) });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }
  /** Its host and port. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** These examples with all that they name, and a journey that calls `host`; pools of so many codes; no hours or caps but the journeys' own. */
export async function publishExamples(cairn: Cairn, ids: string[], host: string, codes: number): Promise<void> {
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], floors: [] });
  const named = new Map<string, { kind: string; id: string }>();
  for (const id of ids)
    for (const reference of await namedByExample(id)) named.set(`${reference.kind} ${reference.id}`, reference);
  for (const file of await readdir('examples/content')) await cairn.install('content', file.replace('.json', ''));
  for (const { kind, id } of named.values()) {
    await cairn.install(kind, id);
    if (kind === 'coupon-pools') await addCodes(cairn, id, codes);
  }
  // Journeys that others start come first.
  const started = new Map<string, boolean>();
  for (const id of ids) started.set(id, 'api' in JourneySchema.parse(await example('journeys', id)).entry);
  for (const id of ids.toSorted((a, b) => Number(started.get(b)) - Number(started.get(a)))) {
    await cairn.install('journeys', id);
    await cairn.publish(id);
  }
  await publishOwn(cairn, host);
}

/** So many a call, at most. */
const CODES = 1_000;

async function addCodes(cairn: Cairn, pool: string, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, index) => `${pool.toUpperCase()}-N${index}`);
  for (let from = 0; from < count; from += CODES)
    await cairn.ok('marketer', 'POST', `/v1/coupon-pools/${pool}/codes`, { codes: all.slice(from, from + CODES) });
}

async function publishOwn(cairn: Cairn, host: string): Promise<void> {
  await cairn.ok('marketer', 'PUT', '/v1/tags/notified', {
    name: 'Notified',
    layer: 'base',
    owner: 'sales',
    use: 'test',
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/after', {
    name: 'After',
    entry: { api: true },
    reentry: 'always',
    start: 'call',
    nodes: {
      call: { type: 'task', queue: 'after', title: 'After', next: 'done' },
      done: { type: 'end', outcome: 'ended' },
    },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/deal', {
    name: 'Deal',
    entry: { event: 'Deal Opened' },
    start: 'crm',
    nodes: {
      crm: { type: 'webhook', url: `http://${host}/deals`, body: { by: '{{ profile.id }}' }, next: 'call' },
      call: { type: 'task', queue: 'sales', title: 'Call', next: 'mark' },
      mark: { type: 'update', traits: { notified: true }, addTags: ['notified'], next: 'onward' },
      onward: { type: 'journey', journey: 'after', next: 'done' },
      done: { type: 'end', outcome: 'notified' },
    },
  });
  await putNews(cairn);
  for (const id of OWN_JOURNEYS) await cairn.publish(id);
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Its window is closed today and tomorrow, so that what comes within the hour meets it closed. */
async function putNews(cairn: Cairn): Promise<void> {
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    blocks: { cases: { kind: 'case', match: { industry: { trait: 'industry' } }, limit: 1 } },
    content: { push: { title: 'News', body: '{% for one in blocks.cases %}{{ one.company }}{% endfor %}' } },
  });
  const timezone = 'Asia/Shanghai';
  const today = new Intl.DateTimeFormat('en', { timeZone: timezone, weekday: 'short' }).format(
    new Date(await cairn.now()),
  );
  const closed = DAYS.indexOf(today.toLowerCase());
  await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
    name: 'News',
    owner: 'growth',
    entry: { event: 'News Wanted' },
    exit: [{ event: 'News Read', outcome: 'answered' }],
    window: {
      days: DAYS.filter((_day, index) => index !== closed && index !== (closed + 1) % DAYS.length),
      hours: [['09:00', '18:00']],
    },
    start: 'send',
    nodes: {
      send: { type: 'send', template: 'news', channels: ['push'], next: 'call' },
      call: { type: 'task', queue: 'news', title: 'News', next: 'done' },
      done: { type: 'end', outcome: 'read' },
    },
  });
}
