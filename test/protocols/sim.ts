import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import type { EnrolmentMessage, ExecutionState, StepInput } from '../../core/runs/run.ts';
import { arm } from '../../functions/arm/arm.ts';
import { due } from '../../functions/due/due.ts';
import { enrol } from '../../functions/enrol/enrol.ts';
import { couponStore } from '../../functions/shared/adapters/coupons.dynamo.ts';
import { messageStore } from '../../functions/shared/adapters/messages.dynamo.ts';
import { profileStore } from '../../functions/shared/adapters/profiles.dynamo.ts';
import type { Outgoing } from '../../functions/shared/adapters/queue.sqs.ts';
import { runStore } from '../../functions/shared/adapters/runs.dynamo.ts';
import { taskStore } from '../../functions/shared/adapters/tasks.dynamo.ts';
import { tagBatch } from '../../functions/shared/profiles/tag-batch.ts';
import { RunLeft } from '../../functions/shared/runs/deps.ts';
import { step } from '../../functions/step/step.ts';
import { Invocation, Killed, seeded } from './faults.ts';
import { TABLES } from './tables.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The live rules of a history: what the catalog would hold. */
export interface Rules {
  snapshot: Snapshot;
  pointer: Pointer;
  journeys: Record<
    string,
    { definition: Journey; pins: { templates: Record<string, number>; journeys: Record<string, number> } }
  >;
}

/** How often things go wrong; all zero is a clean run. */
export interface Weather {
  /** Share of invocations that die at one of their calls. */
  kill: number;
  /** Share of deliveries that come once more. */
  redeliver: number;
  /** Whether ready work is done in any order (of FIFO groups: any group first) or oldest first. */
  shuffle: boolean;
}

interface Task {
  kind: 'events' | 'enrolments' | 'due' | 'send';
  body: unknown;
  group?: string;
  readyAt: EpochMs;
  deliveries: number;
}

interface Execution {
  name: string;
  machine: string;
  state: ExecutionState;
  /** What happens next, and when. */
  next: { do: 'rest' } | { do: 'step'; cause: StepInput['cause']; enteredAt: EpochMs } | { do: 'arm'; attempt: number };
  until: EpochMs;
  token?: string;
  done: boolean;
}

/** Most invocations of one history: more is a livelock. */
const MOST_WORK = 5_000;
/** Most deliveries of one message: a poison that no retry passes. */
const MOST_DELIVERIES = 60;

/**
 * Cairn's queues and executions in one process and one thread, over real adapters and a real (stand-in) DynamoDB: what is ready is worked
 * one invocation at a time in an order that the seed draws, and any invocation may die at any of its calls.
 */
export class Sim {
  now: EpochMs;
  readonly rules: Rules;
  /** Template and message of everything that reached a provider. */
  readonly outbox: { at: EpochMs; message: string; request: SendRequest }[] = [];
  private readonly client: DynamoDBDocumentClient;
  private readonly profiles: ProfileKey[];
  private readonly random: () => number;
  private readonly weather: Weather;
  private tasks: Task[] = [];
  private readonly executions = new Map<string, Execution>();
  private tokens = 0;
  private drawn = 0;
  private readonly handed = new Set<string>();
  private readonly sendWork: (sim: Sim, invocation: Invocation, request: SendRequest) => Promise<void>;

  constructor(options: {
    client: DynamoDBDocumentClient;
    rules: Rules;
    seed: number;
    weather: Weather;
    now: EpochMs;
    /** Of this history. */
    profiles: ProfileKey[];
    send: (sim: Sim, invocation: Invocation, request: SendRequest) => Promise<void>;
  }) {
    this.client = options.client;
    this.rules = options.rules;
    this.random = seeded(options.seed);
    this.weather = options.weather;
    this.now = options.now;
    this.profiles = options.profiles;
    this.sendWork = options.send;
  }

  /** A number that is never given twice. */
  draws(): number {
    this.drawn += 1;
    return this.drawn;
  }

  /** What `ingest` would queue. */
  ingest(message: EventsMessage, group = message.profile): void {
    this.tasks.push({ kind: 'events', body: message, group, readyAt: this.now, deliveries: 0 });
  }

  /** Works until nothing is ready at this instant. */
  async settle(): Promise<void> {
    for (let work = 0; work < MOST_WORK; work += 1) {
      const jobs = this.ready();
      if (jobs.length === 0) return;
      const job = this.weather.shuffle ? jobs[Math.floor(this.random() * jobs.length)] : jobs[0];
      await job?.();
    }
    throw new Error('never settles');
  }

  /** Settles, then goes from one due instant to the next, until `to`. */
  async advance(to: EpochMs): Promise<void> {
    await this.settle();
    for (;;) {
      const next = await this.nextInstant();
      if (next === undefined || next > to) break;
      this.now = next;
      await this.tick();
      await this.settle();
    }
    this.now = to;
    await this.tick();
    await this.settle();
  }

  /** What `tick` does, for this history's profiles alone: the tables are shared with all the others. */
  private async tick(): Promise<void> {
    for (const { key, at } of await this.dueProfiles()) {
      if (at <= this.now) this.put('due', { body: { profile: key, at } });
    }
  }

  private async dueProfiles(): Promise<{ key: ProfileKey; at: EpochMs }[]> {
    const store = profileStore(this.client, TABLES.profiles);
    const read = await Promise.all(
      this.profiles.map(async (key) => ({ key, at: (await store.readActivity(key))?.dueAt })),
    );
    return read.flatMap(({ key, at }) => (at === undefined ? [] : [{ key, at }]));
  }

  private async nextInstant(): Promise<EpochMs | undefined> {
    const instants = [
      ...(await this.dueProfiles()).map(({ at }) => at),
      ...this.tasks.map((task) => task.readyAt),
      ...[...this.executions.values()].filter((one) => !one.done && one.next.do === 'rest').map((one) => one.until),
    ].filter((at) => at > this.now);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** One closure for each thing that may happen now. */
  private ready(): (() => Promise<void>)[] {
    const groups = new Set<string>();
    const jobs: (() => Promise<void>)[] = [];
    for (const task of this.tasks) {
      if (task.readyAt > this.now) continue;
      if (task.group !== undefined) {
        if (groups.has(task.group)) continue;
        groups.add(task.group);
      }
      jobs.push(() => this.deliver(task));
    }
    for (const execution of this.executions.values()) {
      if (execution.done) continue;
      if (execution.next.do !== 'rest') jobs.push(() => this.walk(execution));
      else if (execution.until <= this.now) jobs.push(() => this.expire(execution));
    }
    return jobs;
  }

  private async deliver(task: Task): Promise<void> {
    task.deliveries += 1;
    if (task.deliveries > MOST_DELIVERIES) throw new Error(`${task.kind} never passes: ${JSON.stringify(task.body)}`);
    const done = await this.invoke((invocation) => this.work(invocation, task));
    // Delivered again though it was done: on FIFO before anything later of its group.
    if (done && this.random() >= this.weather.redeliver) this.tasks = this.tasks.filter((other) => other !== task);
  }

  private work(invocation: Invocation, task: Task): Promise<void> {
    const body = task.body;
    switch (task.kind) {
      case 'events':
        return tagBatch(this.profileDeps(invocation), body as EventsMessage, {
          attributes: { MessageGroupId: task.group } as never,
        });
      case 'enrolments':
        return enrol(this.runDeps(invocation), body as EnrolmentMessage);
      case 'due':
        return due(this.profileDeps(invocation), body as DueMessage);
      case 'send':
        return this.sendWork(this, invocation, body as SendRequest);
    }
  }

  /** False: it died. Anything but a death is a fault of ours. */
  private async invoke(work: (invocation: Invocation) => Promise<unknown>, mortal = true): Promise<boolean> {
    const dies = mortal && this.random() < this.weather.kill;
    const invocation = new Invocation(dies ? 1 + Math.floor(this.random() * 30) : undefined, this.random() < 0.5);
    try {
      await work(invocation);
      return true;
    } catch (error) {
      if (error instanceof Killed) return false;
      throw error;
    }
  }

  /** A Task state: retried with the same input after a death, succeeds when the run was left. */
  private async walk(execution: Execution): Promise<void> {
    const { state, next } = execution;
    try {
      if (next.do === 'arm') await this.walkArm(execution, next.attempt);
      if (next.do === 'step') {
        const input = {
          entry: state.entry,
          leg: state.leg,
          n: state.n,
          stop: state.next,
          cause: next.cause,
          enteredAt: new Date(next.enteredAt).toISOString(),
        };
        let after: ExecutionState | undefined;
        const done = await this.invoke(async (invocation) => {
          after = await step(this.runDeps(invocation), input);
        });
        if (done && after !== undefined) this.rest(execution, after);
      }
    } catch (error) {
      if (!(error instanceof RunLeft)) throw error;
      execution.done = true;
    }
  }

  private async walkArm(execution: Execution, attempt: number): Promise<void> {
    const { state } = execution;
    this.tokens += 1;
    execution.token = `token-${this.tokens}`;
    const input = { entry: state.entry, leg: state.leg, n: state.n, stop: state.next, token: execution.token, attempt };
    const done = await this.invoke((invocation) => arm(this.armDeps(invocation), input));
    // It may have been resolved while it was being armed.
    if (execution.next.do !== 'arm') return;
    execution.next = done ? { do: 'rest' } : { do: 'arm', attempt: attempt + 1 };
  }

  private rest(execution: Execution, state: ExecutionState): void {
    execution.state = state;
    execution.token = undefined;
    if (state.next === 'end') {
      execution.done = true;
      return;
    }
    execution.until = Date.parse(state.until ?? '');
    const type = this.rules.journeys[execution.machine]?.definition.nodes[state.next]?.type;
    execution.next = type === 'wait' ? { do: 'rest' } : { do: 'arm', attempt: 0 };
  }

  /** A Wait has passed, or a token has timed out. */
  private async expire(execution: Execution): Promise<void> {
    const isToken = execution.token !== undefined;
    execution.token = undefined;
    execution.next = { do: 'step', cause: isToken ? 'timeout' : 'wait', enteredAt: this.now };
  }

  private start(machine: string, state: ExecutionState): void {
    const name = `${state.entry}-${state.leg}`;
    if (this.executions.has(name)) return;
    const journey = /-(.+)-v\d+r?$/.exec(machine)?.[1] ?? '';
    const execution: Execution = { name, machine: journey, state, next: { do: 'rest' }, until: 0, done: false };
    this.executions.set(name, execution);
    this.rest(execution, state);
  }

  private resolve(token: string): void {
    for (const execution of this.executions.values()) {
      if (execution.token !== token || execution.done) continue;
      execution.token = undefined;
      execution.next = { do: 'step', cause: 'token', enteredAt: this.now };
    }
  }

  /** A queue: FIFO swallows a known deduplication id (within the history: its 5 minutes hardly pass). */
  queue(kind: Task['kind'] | 'nowhere', invocation: Invocation) {
    return {
      send: async (messages: Outgoing[]): Promise<void> => {
        if (messages.length === 0) return;
        await invocation.call(async () => {
          for (const message of messages) this.put(kind, message);
        });
      },
    };
  }

  private put(kind: Task['kind'] | 'nowhere', message: Outgoing): void {
    if (kind === 'nowhere') return;
    const id = message.dedup === undefined ? undefined : `${message.group}:${message.dedup}`;
    if (id !== undefined && this.handed.has(id)) return;
    if (id !== undefined) this.handed.add(id);
    const body: unknown = JSON.parse(JSON.stringify(message.body));
    this.tasks.push({
      kind,
      body,
      group: message.group,
      readyAt: this.now + (message.delaySeconds ?? 0) * 1000,
      deliveries: 0,
    });
  }

  stores(invocation: Invocation) {
    const client = invocation.client(this.client);
    return {
      profiles: profileStore(client, TABLES.profiles),
      runs: runStore(client, TABLES.runs),
      messages: messageStore(client, TABLES.messages),
      coupons: couponStore(client, TABLES.catalog),
      tasks: taskStore(client, TABLES.catalog),
    };
  }

  /** The catalog is read only: its versions and its snapshot are given. */
  catalog() {
    const { rules } = this;
    return {
      snapshot: async () => ({ snapshot: rules.snapshot, pointer: rules.pointer }),
      // Only journeys are asked for here.
      version: async (_kind: string, id: string) => rules.journeys[id] as never,
    };
  }

  private profileDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalog(),
      executions: { resolve: (token: string) => invocation.call(async () => this.resolve(token)) },
      events: this.queue('events', invocation),
      due: this.queue('due', invocation),
      enrolments: this.queue('enrolments', invocation),
      facts: { tell: (facts: unknown[]) => this.queue('nowhere', invocation).send(facts.map((body) => ({ body }))) },
      feedback: async () => {},
      clock: () => this.now,
      log: silent,
    };
  }

  private runDeps(invocation: Invocation) {
    const send = this.queue('send', invocation);
    return {
      ...this.stores(invocation),
      catalog: this.catalog(),
      senders: { email: send, sms: send, push: send },
      events: this.queue('events', invocation),
      facts: { tell: (facts: unknown[]) => this.queue('nowhere', invocation).send(facts.map((body) => ({ body }))) },
      clock: () => this.now,
      log: silent,
      executions: {
        start: (machine: string, state: ExecutionState) => invocation.call(async () => this.start(machine, state)),
      },
      machinePrefix: 'cairn',
    };
  }

  private armDeps(invocation: Invocation) {
    const { profiles, runs } = this.stores(invocation);
    return {
      profiles,
      runs,
      catalog: this.catalog(),
      executions: { resolve: (token: string) => invocation.call(async () => this.resolve(token)) },
    };
  }
}
