import { walkOf } from '../../adapters/dynamo/run-items.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Invocation } from './faults.ts';
import { SimulatedApiCalls } from './simulated-api-calls.ts';
import { SimulatedDeliveries } from './simulated-deliveries.ts';
import { SimulatedDependencies } from './simulated-dependencies.ts';
import { SimulatedExecutionTasks } from './simulated-execution-tasks.ts';
import { SimulatedExecutions } from './simulated-executions.ts';
import { SimulatedInstances } from './simulated-instances.ts';
import { SimulatedInvocations } from './simulated-invocations.ts';
import { SimulatedQueues, type Task } from './simulated-queues.ts';
import type { ApiCall, SimulationOptions } from './simulation-options.ts';
import { SimulationState } from './simulation-state.ts';
import { TABLES } from './tables.ts';

/** Work that may be done now. */
interface Job {
  kind: Task['kind'] | 'execution' | 'time-out';
  work: () => Promise<void>;
}

/** Most invocations at one instant: more is a livelock. */
const MAX_WORK = 20_000;
/** Most instants of one history. */
const MAX_INSTANTS = 20_000;
const MINUTE = 60_000;

/**
 * Cairn's queues and executions in one process and one thread, over the real adapters and DynamoDB's conditional writes. Ready work is done in an
 * order that the seed draws, some invocations concurrently, and any of them may die at any of its calls. The clock moves when nothing is ready.
 */
export class Sim extends SimulationState {
  private readonly queues = new SimulatedQueues(this);
  private readonly instances = new SimulatedInstances(this);
  private readonly executions = new SimulatedExecutions(this, this.queues);
  private readonly deps = new SimulatedDependencies(this, this.queues, this, this.executions);
  private readonly executionTasks: SimulatedExecutionTasks;
  private readonly deliveries: SimulatedDeliveries;
  /** Called after each call of an invocation. */
  observe: (() => Promise<void>) | undefined;
  private readonly ranks = new Map<Job['kind'], number>();
  private underWay = 0;
  private broken: { error: unknown } | undefined;

  constructor(
    options: SimulationOptions & {
      send: (sim: Sim, invocation: Invocation, request: SendRequest, channel: Channel) => Promise<void>;
    },
  ) {
    super(options);
    const { queues, executions, deps } = this;
    const invocations = new SimulatedInvocations(this, queues);
    this.executionTasks = new SimulatedExecutionTasks(this, invocations, executions, deps);
    this.deliveries = new SimulatedDeliveries(this, {
      queues,
      invocations,
      executions,
      deps,
      api: new SimulatedApiCalls(this, queues, deps),
      send: (invocation, request, channel) => options.send(this, invocation, request, channel),
    });
  }

  goLive(snapshot: Snapshot, pauses?: Partial<Pointer>): void {
    this.instances.goLive(snapshot, pauses);
  }

  catalog(invocation: Invocation) {
    return this.instances.catalog(invocation);
  }

  campaignDeps(invocation: Invocation) {
    return this.deps.campaignDeps(invocation);
  }

  /** Messages that wait, or are worked on, on the queue. */
  tasksOf(kind: Task['kind']): readonly Task[] {
    return this.queues.tasks.filter((task) => task.kind === kind);
  }

  queue(kind: Task['kind'] | 'metric-events', invocation: Invocation, channel?: Channel) {
    return this.queues.queue(kind, invocation, channel);
  }

  stores(invocation: Invocation) {
    return this.deps.stores(invocation);
  }

  profileDeps(invocation: Invocation) {
    return this.deps.profileDeps(invocation);
  }

  runDeps(invocation: Invocation) {
    return this.deps.runDeps(invocation);
  }

  /** Whether the message is on a sender's queue. */
  isQueued(message: string): boolean {
    return this.queues.tasks.some(({ kind, body }) => kind === 'send' && (body as SendRequest).message === message);
  }

  /** Puts a message on the queue as `ingest` would. */
  ingest(message: EventsMessage, group = message.profile): void {
    for (const { id, key } of message.events) if (key !== 'cairn') this.sent.add(`${message.profile} ${id}`);
    this.queues.push({ kind: 'events', body: message, group, readyAt: this.now });
  }

  async call(call: ApiCall): Promise<void> {
    if ('redeem' in call) return this.redeem(call.redeem);
    this.queues.push({ kind: 'api', body: call, readyAt: this.now });
  }

  private async redeem(journey: string): Promise<void> {
    for (const item of await this.tables.all(TABLES.runs)) {
      if (item.journey !== journey) continue;
      const drawn = Object.values(resultsOf(walkOf(item).data)).find(isDrawn);
      const id = `redeem-${item.pk}`;
      const event = { id, type: 'track' as const, name: 'Coupon Redeemed', properties: { code: drawn?.code } };
      const published = { ...event, at: this.now, receivedAt: this.now, index: 0, key: 'server' as const };
      this.ingest({ profile: String(item.profile), events: [published] });
    }
  }

  /** Works until nothing is ready at this instant. */
  async settle(): Promise<void> {
    for (let work = 0; work < MAX_WORK; work += 1) {
      if (this.turns === undefined) {
        const job = this.pick(this.ready());
        if (job === undefined) return;
        await job.work();
        continue;
      }
      while (this.underWay < this.faultRates.concurrent) {
        const job = this.pick(this.inTime(this.ready()));
        if (job === undefined) break;
        this.begin(job);
      }
      if (this.underWay === 0 && this.turns.isIdle) return;
      await this.turns.give();
      if (this.broken !== undefined) throw this.broken.error;
      await this.observe?.();
    }
    throw new Error(`never settles: ${JSON.stringify({ tasks: this.queues.tasks, underWay: this.underWay })}`);
  }

  /** A person's call may come as the last of its instant: a call that died is made again. The harness draws it with the order of kinds. */
  private inTime(jobs: Job[]): Job[] {
    if (this.faultRates.order !== 'kinds' || this.rankOf('api') < 0.5) return jobs;
    const others = jobs.filter(({ kind }) => kind !== 'api');
    return others.length > 0 || this.underWay > 0 ? others : jobs;
  }

  private pick(jobs: Job[]): Job | undefined {
    const { order } = this.faultRates;
    if (order === 'any') return jobs[Math.floor(this.random() * jobs.length)];
    if (order === 'kinds') return jobs.toSorted((a, b) => this.rankOf(a.kind) - this.rankOf(b.kind))[0];
    return order === 'first' ? jobs[0] : jobs.at(-1);
  }

  private rankOf(kind: Job['kind']): number {
    const rank = this.ranks.get(kind) ?? this.random();
    this.ranks.set(kind, rank);
    return rank;
  }

  private begin({ work }: Job): void {
    this.underWay += 1;
    work()
      .catch((error: unknown) => {
        this.broken = { error };
      })
      .finally(() => {
        this.underWay -= 1;
      });
  }

  /** Settles, then goes from one due instant to the next, up to `to`. Work that is due at exactly `to` is done only if `isLast`. */
  async advance(to: EpochMs, isLast = true): Promise<void> {
    await this.look();
    for (let instants = 0; ; instants += 1) {
      if (instants > MAX_INSTANTS) throw new Error('time never passes');
      const next = await this.nextInstant();
      if (next === undefined || next > to || (next === to && !isLast)) break;
      this.now = next;
      await this.look();
    }
    this.now = to;
    if (isLast) await this.look();
  }

  /** Starts an instant: executions may be aborted, `dispatch-due` runs if something is due, and ready work is done. */
  private async look(): Promise<void> {
    for (const execution of this.executions.executions.values()) {
      if (!execution.done && this.random() < this.faultRates.abort / 4) this.executions.fail(execution);
    }
    const [due] = await this.dueInstants();
    if (due !== undefined && due <= this.now) this.queues.push({ kind: 'dispatch-due', body: {}, readyAt: this.now });
    await this.settle();
  }

  /** Returns the due instants of profiles, parked runs and wakes, in order. */
  private async dueInstants(): Promise<EpochMs[]> {
    const [profiles = [], runs = [], catalog = []] = await Promise.all(
      [TABLES.profiles, TABLES.runs, TABLES.catalog].map((table) => this.tables.all(table)),
    );
    // Alerts that wait to be published are check-guardrails' work, which no history has.
    const items = [...profiles, ...runs, ...catalog.filter(({ pk }) => pk === 'wake')];
    return items.flatMap(({ dueAt }) => (typeof dueAt === 'number' ? [dueAt] : [])).sort((a, b) => a - b);
  }

  /** Returns the next instant at which something happens. The next `dispatch-due` does the work that a dead one left. */
  private async nextInstant(): Promise<EpochMs | undefined> {
    const instants = [
      ...(await this.dueInstants()).map((at) => (at > this.now ? at : this.now + MINUTE)),
      ...this.queues.tasks.map((task) => task.readyAt),
      ...[...this.executions.executions.values()].flatMap(({ done, next, until, retryAt }) =>
        done ? [] : next.do === 'rest' ? [until] : [retryAt ?? 0],
      ),
    ].filter((at) => at > this.now);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** All work that may be done now. */
  private ready(): Job[] {
    const groups = new Set<string>();
    const jobs: Job[] = [];
    for (const task of this.queues.tasks) {
      if (task.group !== undefined) {
        if (groups.has(task.group)) continue;
        groups.add(task.group);
      }
      if (task.readyAt <= this.now && task.underWay !== true)
        jobs.push({ kind: task.kind, work: () => this.deliveries.deliver(task) });
    }
    for (const execution of this.executions.executions.values()) {
      if (execution.done) continue;
      const { next, underWay, until } = execution;
      if (next.do !== 'rest' && underWay !== next && (execution.retryAt ?? 0) <= this.now)
        jobs.push({ kind: 'execution', work: () => this.executionTasks.walk(execution) });
      // A time-out may come even while the token is being stored.
      if (next.do !== 'step' && until <= this.now && (next.do === 'rest' || underWay === next)) {
        jobs.push({ kind: 'time-out', work: () => this.executions.expire(execution) });
      }
    }
    return jobs;
  }
}

/** The results of nodes are under one key of the run's data. */
const resultsOf = (data: Run['data']): Record<string, unknown> => (data['@results'] ?? {}) as Record<string, unknown>;
const isDrawn = (result: unknown): result is { code: string } =>
  typeof result === 'object' && result !== null && 'code' in result;
