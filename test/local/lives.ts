import { setTimeout as wait } from 'node:timers/promises';
import { seeded } from '../protocols/faults.ts';
import { Cairn } from '../scenarios/cairn.ts';
import { losePower, unsyncedSizes } from './power-loss.ts';

export interface LivesOptions {
  seed: number;
  /** How often the process is stopped under load before its last start. */
  ends: number;
  clock: 'virtual' | 'real';
  /** `POWER`: SIGKILL, and the files lose a part of what was not synced. */
  signals: ('SIGKILL' | 'SIGTERM' | 'POWER')[];
  folder: string;
  /** Longest load before the process is stopped. */
  loadMs: number;
}

/** Faults after the last life; all empty if there are none. */
export interface Findings {
  /** Accepted events that are not on exactly one timeline once. */
  events: string[];
  /** Runs that have not ended exactly once. */
  runs: string[];
  /** Messages that a provider got twice. */
  twice: string[];
  /** Messages without a final state, or with one that differs from the provider's. */
  messages: string[];
  /** Exit codes of SIGTERM that are not 0. */
  exits: string[];
}
export interface Lives {
  accepted: number;
  unknown: number;
  /** Most messages that may have been between take and answer at a SIGKILL. */
  mostUnknown: number;
  findings: Findings;
}

const AT = '2026-11-02T01:00:00.000Z';
const CLIENTS = 4;
/** A sender's queue has six concurrent batches of ten. */
const IN_HAND = 60;

/** A data folder with several lives: each start takes load until a signal ends it at a random moment; the last one comes to rest and is looked at. */
export async function live(options: LivesOptions): Promise<Lives> {
  const random = seeded(options.seed);
  const accepted: string[] = [];
  const exits: string[] = [];
  let kills = 0;
  for (let life = 0; life < options.ends; life += 1) {
    const cairn = await start(options, life === 0 ? AT : undefined, options.clock);
    if (life === 0) await define(cairn);
    const synced = await unsyncedSizes(options.folder);
    const signal = options.signals[Math.floor(random() * options.signals.length)] ?? 'SIGKILL';
    const { promise: answered, resolve: onAnswer } = Promise.withResolvers<void>();
    const load = postUntilEnded(cairn, `seed${options.seed}-life${life}`, random, (userId) => {
      accepted.push(userId);
      onAnswer();
    });
    if (options.clock === 'virtual' && random() < 0.5) void cairn.advance('30m').catch(() => undefined);
    await Promise.race([answered, load]);
    await wait(random() * options.loadMs);
    const code = await cairn.stop(signal === 'POWER' ? 'SIGKILL' : signal);
    if (signal === 'POWER') await losePower(options.folder, synced, random);
    if (signal !== 'SIGTERM') kills += 1;
    else if (code !== 0) exits.push(`life ${life} ended with ${code}`);
    await load;
  }
  // On a real clock, visibility timeouts and waits would take too long, so the last process has a virtual one, which starts now.
  const last = await start(options, undefined, 'virtual');
  const { findings, unknown } = await last
    .advance('3d')
    .then(() => look(last, accepted))
    .finally(() => last.stop());
  return { accepted: accepted.length, unknown, mostUnknown: kills * IN_HAND, findings: { ...findings, exits } };
}

const start = (options: LivesOptions, at: string | undefined, clock: 'virtual' | 'real'): Promise<Cairn> =>
  Cairn.start(clock === 'virtual' ? at : undefined, ['--data', options.folder, '--clock', clock]);

async function define(cairn: Cairn): Promise<void> {
  for (const id of ['hello', 'again'])
    await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, {
      class: 'marketing',
      content: { push: { title: id, body: 'there' } },
    });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/greeting', {
    name: 'Greeting',
    owner: 'growth',
    entry: { event: 'Signed Up' },
    start: 'first',
    nodes: {
      first: { type: 'send', template: 'hello', channels: ['push'], next: 'rest' },
      rest: { type: 'wait', for: '1h', next: 'second' },
      second: { type: 'send', template: 'again', channels: ['push'], next: 'done' },
      done: { type: 'end' },
    },
  });
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [] });
  await cairn.publish('greeting');
}

/** Customers sign up one after another, until the server is gone. Returns those that were accepted. */
async function postUntilEnded(
  cairn: Cairn,
  name: string,
  random: () => number,
  onAccepted: (userId: string) => void,
): Promise<void> {
  let customers = 0;
  const client = async (): Promise<void> => {
    for (;;) {
      const userId = `${name}-${customers++}`;
      const context = {
        device: { type: 'ios', token: `token-${userId}` },
        consent: { categoryPreferences: { push: true } },
      };
      const batch = [
        { type: 'identify', userId, traits: { name: userId }, context, messageId: `${userId}-identify` },
        { type: 'track', userId, event: 'Signed Up', messageId: `${userId}-track` },
      ];
      const authorization = `Basic ${btoa('dev:')}`;
      const answer = await cairn.call('POST', '/v1/batch', { batch }, { authorization }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.status === 200 || answer.status === 202) onAccepted(userId);
      await wait(random() * 60);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

interface Page<Item> {
  items: Item[];
}
interface Profile {
  runs: { journey: string; status: string }[];
}
interface MessageView {
  id: string;
  status: string;
}

async function look(cairn: Cairn, accepted: string[]): Promise<{ findings: Omit<Findings, 'exits'>; unknown: number }> {
  const findings = { events: [] as string[], runs: [] as string[], twice: [] as string[], messages: [] as string[] };
  const handed = new Map<string, number>();
  for (const { messageId } of await cairn.outbox()) handed.set(messageId, (handed.get(messageId) ?? 0) + 1);
  for (const [id, times] of handed) if (times > 1) findings.twice.push(`${id}: ${times} times`);
  let unknown = 0;
  for (const id of accepted) {
    const known = await cairn.as('admin', 'GET', `/v1/profiles/${id}`);
    if (known.status === 404) {
      findings.events.push(`${id}: not known`);
      continue;
    }
    const { items: events } = await cairn.ok<Page<{ event?: string; type: string }>>(
      'admin',
      'GET',
      `/v1/profiles/${id}/timeline?limit=100`,
    );
    const counted = ['identify', 'track'].map(
      (type) =>
        events.filter((event) => event.type === type && (type !== 'track' || event.event === 'Signed Up')).length,
    );
    if (counted.some((count) => count !== 1))
      findings.events.push(`${id}: identify and track ${counted.join(', ')} times`);
    const profile = await cairn.ok<Profile>('admin', 'GET', `/v1/profiles/${id}`);
    const runs = profile.runs.map(({ status }) => status);
    if (runs.join() !== 'closed') findings.runs.push(`${id}: ${runs.join() || 'none'}`);
    const { items: messages } = await cairn.ok<Page<MessageView>>('admin', 'GET', `/v1/messages?profileId=${id}`);
    if (messages.length !== 2) findings.messages.push(`${id}: ${messages.length} messages`);
    for (const { id: messageId, status } of messages) {
      if (status === 'unknown') unknown += 1;
      else if (status !== 'sent' || handed.get(messageId) !== 1)
        findings.messages.push(`${id}: ${status}, handed over ${handed.get(messageId) ?? 0} times`);
    }
  }
  return { findings, unknown };
}
