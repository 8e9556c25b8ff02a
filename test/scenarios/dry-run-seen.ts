import type { Cairn, Sent } from './cairn.ts';
import type { History } from './dry-run-histories.ts';

type Json = Record<string, unknown>;
interface Item extends Json {
  at: string;
  type: string;
  run?: number;
  node?: string;
}
interface Message extends Json {
  at: string;
  node: string;
  status: string;
}
/** Response of `simulate`. */
export interface Answer {
  version: number;
  timeline: Item[];
  messages: Message[];
  runs: { key: string; status: string; node?: string; outcome?: string }[];
  outcome?: string;
  cost: { transitions: number; messages: Record<string, number> };
}

/** Facts about a run that are visible from outside: they are the same for a simulated run and a real one. */
interface Seen {
  messages: Json[];
  tasks: Json[];
  runs: Json[];
  tags: string[];
}

const anonymous = (text: unknown): string =>
  String(text ?? '')
    .replaceAll(/(CODE|welcome-50|cart-30|pool)-\d+/g, '<code>')
    .replaceAll(/https?:\/\/\S+/g, '<link>');
const sorted = (items: Json[]): Json[] =>
  items
    .map((item) => JSON.stringify(item))
    .sort()
    .map((text) => JSON.parse(text) as Json);

export function seenDry({ timeline, messages, runs }: Answer): Seen {
  const tags = new Set<string>();
  for (const { type, tag, on } of timeline) if (type === 'tag') on ? tags.add(String(tag)) : tags.delete(String(tag));
  return {
    messages: sorted(
      messages.map(({ at: when, node, status, reason, channel, body, text }) => ({
        when,
        node,
        status,
        reason,
        channel: status === 'sent' ? channel : undefined,
        said: status === 'sent' ? anonymous(body ?? text) : undefined,
      })),
    ),
    tasks: sorted(
      timeline.filter(({ type }) => type === 'task').map(({ at: when, node, title }) => ({ when, node, title })),
    ),
    runs: sorted(runs.map(({ key, status, node, outcome }) => ({ key, status, node, outcome }))),
    tags: [...tags].sort(),
  };
}

interface Row extends Json {
  id: string;
  source: { node: string };
  channel?: string;
  reason?: string;
  history: { status: string; at: string }[];
}
export interface Task {
  id: string;
  profileId: string;
  at: string;
  title: string;
  status: string;
  source: { id: string; node: string };
}

export const rowsOf = async (cairn: Cairn, userId: string): Promise<Row[]> =>
  (await cairn.ok<{ items: Row[] }>('marketer', 'GET', `/v1/messages?profileId=${userId}&limit=200`)).items;

export async function allTasks(cairn: Cairn): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let cursor = ''; ; ) {
    const page = await cairn.ok<{ items: Task[]; next?: string }>('marketer', 'GET', `/v1/tasks?limit=200${cursor}`);
    tasks.push(...page.items);
    if (page.next === undefined) return tasks;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

export async function seenReal(
  cairn: Cairn,
  { userId, journey }: History,
  outbox: Sent[],
  tasks: Task[],
): Promise<Seen> {
  const said = new Map(outbox.map((sent) => [sent.messageId, sent.body ?? sent.text]));
  const runs = await cairn.ok<{ items: Json[] }>(
    'viewer',
    'GET',
    `/v1/journeys/${journey}/runs?profileId=${userId}&limit=200`,
  );
  const profile = await cairn.ok<{ tags: { id: string }[] }>('marketer', 'GET', `/v1/profiles/${userId}`);
  return {
    messages: sorted(
      (await rowsOf(cairn, userId)).map(({ id, source, channel, reason, history }) => {
        const ending = history.find(({ status }) => ['sent', 'suppressed', 'failed', 'held'].includes(status));
        const isSent = ending?.status === 'sent';
        return {
          when: ending?.at,
          node: source.node,
          status: ending?.status,
          reason,
          channel: isSent ? channel : undefined,
          said: isSent ? anonymous(said.get(id)) : undefined,
        };
      }),
    ),
    tasks: sorted(
      tasks
        .filter(({ profileId }) => profileId === userId)
        .map(({ at: when, source, title }) => ({ when, node: source.node, title })),
    ),
    runs: sorted(
      runs.items.map(({ key, status, node, outcome }) => ({
        key,
        status,
        node: status === 'closed' ? undefined : node,
        outcome,
      })),
    ),
    tags: profile.tags.map(({ id }) => id).sort(),
  };
}
