import type { Cairn, Sent } from '../scenarios/cairn.ts';
import { OWN_JOURNEYS, type Receiver } from './cloud.ts';
import type { Customer } from './post.ts';

interface Page<Item> {
  items: Item[];
  next?: string;
}
interface RunView {
  run: string;
  profileId: string;
  status: string;
  outcome?: string;
}
interface MessageView {
  id: string;
  profileId: string;
  template: string;
  status: string;
  reason?: string;
  source: { node: string; run: string };
}
interface Report {
  entered: number;
  outcomes: Record<string, number>;
  nodes: { id: string; waiting: number }[];
}
/** Longer than a burst and what follows it last. */
const LIVED_MS = 200 * 24 * 3600_000;
const QUEUES = ['events', 'due', 'enrolments', 'stop-executions', 'metric-events', 'jobs', 'webhooks', 'feedback'];
const SENDERS = ['send-push-now', 'send-sms-now', 'send-email-now'];

/** Faults that were found; all empty if there are none. */
export interface Findings {
  /** Customers with missing or duplicate results. */
  customers: string[];
  /** Faults that a customer would see, or that a report contains. */
  faults: string[];
  /** Number of messages whose outcome is unknown. */
  unknown: number;
}

/** Every posted message id is on one timeline, once. Must run before the timeline expires. */
export async function missingEvents(cairn: Cairn, customers: Customer[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, posted } of customers) {
    const events = await all<{ messageId: string }>(cairn, `/v1/profiles/${id}/timeline`);
    for (const messageId of posted) {
      const times = events.filter((event) => event.messageId === messageId).length;
      if (times !== 1) wrong.push(`${messageId}: ${times} times`);
    }
  }
  return wrong;
}

/**
 * Collects the results of the examples, once nothing happens any more. `isKilled`: after a kill counters may be too low, webhooks may be called
 * twice, and codes may be in messages whose state is unknown.
 */
export async function findingsOf(
  cairn: Cairn,
  examples: string[],
  customers: Customer[],
  receiver: Receiver,
  { isKilled = false } = {},
): Promise<Findings> {
  const seen = new Map(customers.map(({ id }) => [id, [] as string[]]));
  const see = (id: string, line: string) => seen.get(id)?.push(line);
  const outbox = await cairn.outbox();
  const faults = [
    ...twice(
      'handed over',
      outbox.map(({ messageId }) => messageId),
    ),
  ];
  // Differences that a kill may cause.
  const inexact = await lookAtCodes(cairn, outbox, see);
  let unknown = 0;
  // A report is of the last 30 days, unless it is asked for more.
  const from = new Date(Date.parse(await cairn.now()) - LIVED_MS).toISOString().slice(0, 10);
  for (const id of [...examples, ...OWN_JOURNEYS]) {
    const runs = await all<RunView>(cairn, `/v1/journeys/${id}/runs`);
    for (const { profileId, outcome } of runs) see(profileId, `run ${id} ${outcome}`);
    const messages = await all<MessageView>(cairn, `/v1/messages?source=journey:${id}`);
    for (const { profileId, template, status, reason } of messages)
      see(profileId, `${template} ${status}${reason === undefined ? '' : ` ${reason}`}`);
    unknown += messages.filter(({ status }) => status === 'unknown').length;
    faults.push(
      ...twice(
        'messages',
        messages.map(({ source }) => `${source.run} ${source.node}`),
      ),
    );
    inexact.push(
      ...miscounted(id, runs, await cairn.ok<Report>('viewer', 'GET', `/v1/reports/journey/${id}?from=${from}`)),
    );
  }
  for (const { profileId, queue } of await all<{ profileId: string; queue: string }>(cairn, '/v1/tasks'))
    see(profileId, `task ${queue}`);
  // A receiver drops what it has seen.
  const called = new Map(receiver.calls.map(({ id, by }) => [id, by]));
  for (const by of called.values()) see(by, 'webhook');
  if (called.size !== receiver.calls.length) inexact.push(`${receiver.calls.length - called.size} webhooks twice`);
  for (const queue of [...QUEUES, ...SENDERS]) {
    const { items } = await cairn.local<Page<{ body: string }>>('GET', `dead-letters?queue=${queue}`);
    faults.push(...items.map(({ body }) => `dead letter on ${queue}: ${body.slice(0, 200)}`));
  }
  return {
    customers: customers.flatMap((customer) => differences(customer, seen.get(customer.id) ?? [])),
    faults: isKilled ? faults : [...faults, ...inexact],
    unknown,
  };
}

function twice(what: string, ids: string[]): string[] {
  const known = new Set<string>();
  return ids.filter((id) => known.size === known.add(id).size).map((id) => `${what} twice: ${id}`);
}

/** Each code goes to one customer, and no code is drawn without one. */
async function lookAtCodes(cairn: Cairn, outbox: Sent[], see: (id: string, line: string) => void): Promise<string[]> {
  const owners = new Map<string, Set<string>>();
  for (const { profileId, body = '', text = '' } of outbox)
    for (const code of `${body} ${text}`.match(/[A-Z0-9-]+-N\d+/g) ?? [])
      owners.set(code, (owners.get(code) ?? new Set()).add(profileId));
  const faults = [...owners].filter(([, { size }]) => size > 1).map(([code]) => `${code} has several owners`);
  const drawn = new Map<string, number>();
  for (const [code, [owner = '']] of owners) {
    const pool = code.replace(/-N\d+$/, '').toLowerCase();
    drawn.set(pool, (drawn.get(pool) ?? 0) + 1);
    see(owner, `code ${pool}`);
  }
  for (const { id } of await all<{ id: string }>(cairn, '/v1/coupon-pools')) {
    const pool = await cairn.ok<{ drawn: number }>('viewer', 'GET', `/v1/coupon-pools/${id}`);
    if (pool.drawn !== (drawn.get(id) ?? 0)) faults.push(`pool ${id}: ${pool.drawn} drawn, ${drawn.get(id) ?? 0} sent`);
  }
  return faults;
}

function miscounted(journey: string, runs: RunView[], report: Report): string[] {
  const ended = runs.filter(({ status }) => status === 'closed');
  const outcomes = new Set([...Object.keys(report.outcomes), ...ended.map(({ outcome = '' }) => outcome)]);
  const pairs: [string, number, number][] = [
    ['entered', report.entered, runs.length],
    ['waiting', report.nodes.reduce((sum, { waiting }) => sum + waiting, 0), runs.length - ended.length],
    ...[...outcomes].map((one): [string, number, number] => [
      one,
      report.outcomes[one] ?? 0,
      ended.filter(({ outcome }) => outcome === one).length,
    ]),
  ];
  return pairs
    .filter(([, is, right]) => is !== right)
    .map(([what, is, right]) => `report ${journey}: ${what} ${is}, right is ${right}`);
}

function differences({ id, history }: Customer, seen: string[]): string[] {
  const choices = (Array.isArray(history.expects[0]) ? history.expects : [history.expects]) as string[][];
  const found = choices.map((expected) => {
    const rest = seen.filter((line) => isOfStory(history.journeys, choices.flat(), line));
    const missing = expected.filter((line) => {
      const at = rest.indexOf(line);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
    return [...missing.map((line) => `no ${line}`), ...rest.map((line) => `one more ${line}`)];
  });
  const [nearest = []] = found.sort((a, b) => a.length - b.length);
  return nearest.length === 0 ? [] : [`${id}: ${nearest.join(', ')}`];
}

/** Other journeys may act on the same customer. */
function isOfStory(journeys: string[], expected: string[], line: string): boolean {
  const [first = '', second = ''] = line.split(' ');
  if (first === 'run') return journeys.includes(second) || expected.includes(line);
  const head = first === 'task' || first === 'code' ? `${first} ${second}` : first;
  return first === 'webhook' || expected.some((one) => one.startsWith(head));
}

async function all<Item>(cairn: Cairn, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page: Page<Item> = await cairn.ok(
      'admin',
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor}`,
    );
    items.push(...page.items);
    next = page.next;
  }
  return items;
}
