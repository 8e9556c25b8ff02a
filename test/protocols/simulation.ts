import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { lastLook } from '../../adapters/dynamo/last-look.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { isPermanentError } from '../../adapters/dynamo/permanent-errors.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { walkOf } from '../../adapters/dynamo/run-items.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { taskStore } from '../../adapters/dynamo/tasks.ts';
import { throttles } from '../../adapters/dynamo/throttle.ts';
import { webhookLog } from '../../adapters/dynamo/webhook-log.ts';
import { webhookTries } from '../../adapters/dynamo/webhook-tries.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { JobMessage } from '../../core/jobs/job.ts';
import { isMissed, type Receipt } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import type { EnrolmentMessage, ExecutionState, Run, StepInput, StopExecutionMessage } from '../../core/runs/run.ts';
import type { WebhookRequest } from '../../core/webhooks/webhook.ts';
import type { Freshness } from '../../engine/definitions/ports.ts';
import { DomainError } from '../../engine/errors.ts';
import { runJob as workJob } from '../../engine/jobs/run-job.ts';
import { recordReceipt } from '../../engine/messages/record-receipt.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { call } from '../../engine/runs/call-webhook.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { parkLostRun } from '../../engine/runs/park-lost-run.ts';
import { ReservedError } from '../../engine/runs/ports.ts';
import { registerTaskToken } from '../../engine/runs/register-task-token.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { stopExecution } from '../../engine/runs/stop-execution.ts';
import { dispatchDue } from '../../engine/schedule/dispatch-due.ts';
import { taskRoutes } from '../../functions/profiles-api/routes/tasks.ts';
import { post, type Request } from './api.ts';
import type { Item } from './expressions.ts';
import { type Fate, type Fault, Invocation, Killed, seeded, Turns } from './faults.ts';
import type { Rules } from './rules.ts';
import { CHANGES, template } from './rules.ts';
import { TABLES } from './tables.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Rates of faults; all zero is a clean run. */
export interface FaultRates {
  /** Share of invocations that die at one of their calls. */
  kill: number;
  /** Share of deliveries that are repeated: at once, concurrently with the first, or much later. */
  redeliver: number;
  /** Share of invocations of which the SDK repeats one call that was carried out. */
  twice: number;
  /** Share of invocations that stall at one of their calls, are given up, and continue later. */
  stall: number;
  /** Share of deaths after which the queue waits for its visibility timeout. */
  hide: number;
  /** Share of executions that fail after all retries, and of rests that are aborted. */
  abort: number;
  /** Order of ready work: first come, first served; the newest first; any order (of FIFO: any group first); or some kinds before others. */
  order: 'first' | 'last' | 'any' | 'kinds';
  /** A single fault, at this call of all. `isLost`: the execution whose Task it hits fails. */
  once?: { at: number; fault: Fault; isLost?: boolean; hasCome?: boolean };
  /** Concurrent invocations, interleaved between any two of their calls. */
  concurrent: number;
  /** Two executors process every message of a standard queue: neither has committed when the other starts. */
  doubled?: boolean;
  /** Share of executions that Step Functions refuses to start now. */
  refuse?: number;
  /** Share of enrolments that end on the dead-letter queue. */
  lose?: number;
}

/** Acts of a person or a client other than sending events. */
export type ApiCall =
  | { pause: string }
  | { resume: string }
  | { archive: string }
  /** A channel: its marketing, or with `all` everything. */
  | { hold: Channel; all?: boolean }
  | { release: Channel }
  /** Receipt from the provider about the messages of this node. */
  | { feedback: { node: string; receipt: Receipt } }
  /** The code that this journey's run drew is redeemed. */
  | { redeem: string }
  /** Enters a customer; `profile` is the id, `key` the run's. `repeat` is the client's `Idempotency-Key`. */
  | { trigger: { journey: string; profile: string; key?: string; data?: Record<string, unknown> }; repeat: string }
  /** Resends the messages of this node that did not arrive. */
  | { resend: string; repeat: string }
  | { complete: { node: string; outcome: string } }
  /** The rules change; every profile is then evaluated again. */
  | { rules: keyof typeof CHANGES };

/** A provider refuses a message that may be retried; or accepts it and never answers. */
export type Refusal = 'temporary' | 'throttled' | 'silence';

type Live = Pick<Rules, 'snapshot' | 'pointer'>;

/** DynamoDB as a history sees it. */
export interface Tables {
  client: DynamoDBDocumentClient;
  all(table: string): Item[] | Promise<Item[]>;
}

interface Task {
  kind:
    | 'events'
    | 'enrolments'
    | 'due'
    | 'send'
    | 'webhooks'
    | 'dispatch-due'
    | 'failed'
    | 'stop-executions'
    | 'jobs'
    | 'api'
    | 'stalled';
  body: unknown;
  group?: string;
  readyAt: EpochMs;
  deliveries: number;
  underWay?: boolean;
}

interface Execution {
  name: string;
  machine: string;
  state: ExecutionState;
  /** Next step of the execution, and its instant. */
  next: { do: 'rest' } | { do: 'step'; cause: StepInput['cause']; enteredAt: EpochMs } | { do: 'arm'; attempt: number };
  until: EpochMs;
  token?: string;
  /** Its Task failed, and is retried then. */
  retryAt?: EpochMs;
  /** Step that is being executed. */
  underWay?: Execution['next'];
  done: boolean;
}

type Stores = ReturnType<Sim['newStores']>;

/** Work that may be done now. */
interface Job {
  kind: Task['kind'] | 'execution' | 'time-out';
  work: () => Promise<void>;
}

/** Most invocations at one instant: more is a livelock. */
const MAX_WORK = 5_000;
/** Most instants of one history. */
const MAX_INSTANTS = 3_000;
/** Most deliveries of one message: more means that no retry succeeds. */
const MAX_DELIVERIES = 60;
/** SQS: for this long FIFO drops a known deduplication id. */
const DEDUP_MS = 5 * 60_000;
/** A standard queue's second delivery comes at the same time, or this much later. */
const LATE_MS = [0, 0, 0, 2_000, 90_000, 5 * 3600_000];
/** Delays after which a stalled call continues: while its successors are at work, or when the run is at another stop. */
const STALLED_MS = [0, 2_000, 90_000, 65 * 60_000, 130 * 60_000];
const LONGEST_STALL_MS = 130 * 60_000;
const MINUTE = 60_000;
/** `POINTER_MAX_AGE_MS` in AWS. */
const POINTER_AGE_MS = 5_000;
const INSTANCES = 4;
/** SQS: the visibility timeout. */
const HIDDEN_MS = 90_000;
/** Step Functions: time until a failed Task has been retried several times. */
const RETRIED_MS = 62_000;

/**
 * Cairn's queues and executions in one process and one thread, over the real adapters and DynamoDB's conditional writes. Ready work is done in an
 * order that the seed draws, some invocations concurrently, and any of them may die at any of its calls. The clock moves when nothing is ready.
 */
export class Sim {
  now: EpochMs;
  readonly rules: Rules;
  /** Template and message of every send that reached a provider. */
  readonly outbox: { takenAt: EpochMs; message: string; request: SendRequest }[] = [];
  /** Messages whose sender got no answer. */
  readonly unheard = new Set<string>();
  /** Every call of a webhook: its id, and the number of its try. */
  readonly called: string[] = [];
  /** Every message of `events.fifo`. */
  readonly carried: EventsMessage[] = [];
  /** Profile and id of each event that a client sent. */
  readonly sent = new Set<string>();
  /** How many of them were counted as accepted. */
  accepted = 0;
  /** Metric events as they were published, repeats included. */
  readonly published: MetricEvent[] = [];
  /** Answers of the API to triggers, by the client's key. */
  readonly answers = new Map<string, string>();
  readonly tables: Tables;
  private readonly random: () => number;
  private readonly faultRates: FaultRates;
  private readonly turns: Turns | undefined;
  private tasks: Task[] = [];
  private readonly executions = new Map<string, Execution>();
  private readonly ranks = new Map<Job['kind'], number>();
  private tokens = 0;
  private drawn = 0;
  /** Attempts to take messages. */
  private readonly takings: { message: string; invocation: Invocation }[] = [];
  /** Number of calls of all invocations. */
  private calls = 0;
  private underWay = 0;
  private broken: { error: unknown } | undefined;
  private readonly handed = new Map<string, EpochMs>();
  private readonly refuses: { until: EpochMs; as: Refusal } | undefined;
  /** Earlier live rules and pauses with the instants until which they were live, newest first. */
  private readonly superseded: (Live & { until: EpochMs })[] = [];
  /** For each archived journey: when that went live. */
  readonly archivedAt = new Map<string, EpochMs>();
  /** When each instance has read the pointer. One that reads it anew has the live rules and pauses from then on. */
  private readonly instances = Array.from({ length: INSTANCES }, () => ({ readAt: 0 }));
  private readonly instanceOf = new WeakMap<Invocation, { readAt: EpochMs }>();
  private readonly storesOf = new WeakMap<Invocation, Stores>();
  private readonly sendWork: (sim: Sim, invocation: Invocation, request: SendRequest) => Promise<void>;

  constructor(options: {
    tables: Tables;
    rules: Rules;
    seed: number;
    faultRates: FaultRates;
    now: EpochMs;
    refuses?: { until: EpochMs; as: Refusal } | undefined;
    send: (sim: Sim, invocation: Invocation, request: SendRequest) => Promise<void>;
  }) {
    this.tables = options.tables;
    this.rules = options.rules;
    this.random = seeded(options.seed);
    this.faultRates = options.faultRates;
    this.turns = options.faultRates.concurrent > 1 ? new Turns(this.random) : undefined;
    this.now = options.now;
    this.refuses = options.refuses;
    this.sendWork = options.send;
  }

  /** A number that is never returned twice. */
  draws(): number {
    this.drawn += 1;
    return this.drawn;
  }

  /** A sender is about to take a message. */
  taking(message: string, invocation: Invocation): void {
    this.takings.push({ message, invocation });
  }

  /** Returns the refusal of the provider at this instant, or undefined if it accepts messages. */
  refusal(): Refusal | undefined {
    return this.refuses !== undefined && this.now < this.refuses.until ? this.refuses.as : undefined;
  }

  /** Whether a sender of the message failed after it had started to take it, so that the provider's answer may be lost. */
  isInterrupted(message: string): boolean {
    return this.takings.some((taking) => taking.message === message && taking.invocation.hasFailed);
  }

  /** Puts a message on the queue as `ingest` would. */
  ingest(message: EventsMessage, group = message.profile): void {
    for (const { id, key } of message.events) if (key !== 'cairn') this.sent.add(`${message.profile} ${id}`);
    this.push({ kind: 'events', body: message, group, readyAt: this.now });
  }

  async call(call: ApiCall): Promise<void> {
    if ('redeem' in call) return this.redeem(call.redeem);
    this.push({ kind: 'api', body: call, readyAt: this.now });
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
    }
    throw new Error(`never settles: ${JSON.stringify({ tasks: this.tasks, underWay: this.underWay })}`);
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
    for (const execution of this.executions.values()) {
      if (!execution.done && this.random() < this.faultRates.abort / 4) this.fail(execution);
    }
    const [due] = await this.dueInstants();
    if (due !== undefined && due <= this.now) this.push({ kind: 'dispatch-due', body: {}, readyAt: this.now });
    await this.settle();
  }

  private fail(execution: Execution, status: 'FAILED' | 'ABORTED' = 'FAILED'): void {
    execution.done = true;
    this.push({ kind: 'failed', body: { detail: { name: execution.name, status } }, readyAt: this.now });
  }

  private abort(name: string): void {
    const execution = this.executions.get(name);
    if (execution?.done === false) this.fail(execution, 'ABORTED');
  }

  /** Returns the due instants of profiles and parked runs, in order. */
  private async dueInstants(): Promise<EpochMs[]> {
    const items = [...(await this.tables.all(TABLES.profiles)), ...(await this.tables.all(TABLES.runs))];
    return items.flatMap(({ dueAt }) => (typeof dueAt === 'number' ? [dueAt] : [])).sort((a, b) => a - b);
  }

  /** Returns the next instant at which something happens. The next `dispatch-due` does the work that a dead one left. */
  private async nextInstant(): Promise<EpochMs | undefined> {
    const instants = [
      ...(await this.dueInstants()).map((at) => (at > this.now ? at : this.now + MINUTE)),
      ...this.tasks.map((task) => task.readyAt),
      ...[...this.executions.values()].flatMap(({ done, next, until, retryAt }) =>
        done ? [] : next.do === 'rest' ? [until] : [retryAt ?? 0],
      ),
    ].filter((at) => at > this.now);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  /** All work that may be done now. */
  private ready(): Job[] {
    const groups = new Set<string>();
    const jobs: Job[] = [];
    for (const task of this.tasks) {
      if (task.group !== undefined) {
        if (groups.has(task.group)) continue;
        groups.add(task.group);
      }
      if (task.readyAt <= this.now && task.underWay !== true)
        jobs.push({ kind: task.kind, work: () => this.deliver(task) });
    }
    for (const execution of this.executions.values()) {
      if (execution.done) continue;
      const { next, underWay, until } = execution;
      if (next.do !== 'rest' && underWay !== next && (execution.retryAt ?? 0) <= this.now)
        jobs.push({ kind: 'execution', work: () => this.walk(execution) });
      // A time-out may come even while the token is being stored.
      if (next.do !== 'step' && until <= this.now && (next.do === 'rest' || underWay === next)) {
        jobs.push({ kind: 'time-out', work: () => this.expire(execution) });
      }
    }
    return jobs;
  }

  private push(task: Omit<Task, 'deliveries'>): void {
    if (task.kind === 'events') this.carried.push(task.body as EventsMessage);
    this.tasks.push({ ...task, deliveries: 0 });
    if (task.group !== undefined || task.kind === 'api' || this.isCrowded(task)) return;
    if (this.faultRates.doubled) this.tasks.push({ ...task, deliveries: 0 });
    if (this.random() >= this.faultRates.redeliver) return;
    const late = LATE_MS[Math.floor(this.random() * LATE_MS.length)] ?? 0;
    this.tasks.push({ ...task, readyAt: task.readyAt + late, deliveries: 0 });
  }

  /** Messages that requeue themselves during a merge are not duplicated again, because each copy would multiply too. */
  private isCrowded({ kind, body }: Pick<Task, 'kind' | 'body'>): boolean {
    const idOf = (sent: unknown) => (sent as SendRequest).message;
    return (
      kind === 'send' && this.tasks.filter((other) => other.kind === kind && idOf(other.body) === idOf(body)).length > 3
    );
  }

  private async deliver(task: Task): Promise<void> {
    task.deliveries += 1;
    if (task.deliveries > MAX_DELIVERIES) throw new Error(`${task.kind} never passes: ${JSON.stringify(task.body)}`);
    task.underWay = true;
    // A person's call would have been given up and repeated long before it could continue.
    const done = await this.invoke((invocation) => this.work(invocation, task), task.kind !== 'api');
    task.underWay = false;
    // A message whose consumer died is delivered again at once, or after its visibility timeout.
    if (!done && this.random() < this.faultRates.hide) task.readyAt = this.now + HIDDEN_MS;
    // A `dispatch-due` that died is not repeated: the next one comes within a minute.
    const isOnce =
      task.kind === 'dispatch-due' || task.kind === 'api' || task.kind === 'stalled' || this.isCrowded(task);
    const again = isOnce ? 0 : this.faultRates.redeliver;
    const over = done || task.kind === 'dispatch-due';
    // Delivered again although it was done: on FIFO before anything later of its group.
    if (over && this.random() >= again) this.tasks = this.tasks.filter((other) => other !== task);
  }

  /** What is counted arrives for certain: a death before it could only leave too few. */
  private async processEvents(invocation: Invocation, { body, group, deliveries }: Task): Promise<void> {
    const deps = this.profileDeps(invocation);
    const counts = ingestionCounts({
      addSums: (sums) => {
        for (const sum of sums) this.accepted += sum.counts.accepted ?? 0;
      },
    });
    const attributes = { MessageGroupId: group, ApproximateReceiveCount: String(deliveries) };
    await processEvents({ ...deps, counts }, body as EventsMessage, { attributes });
  }

  private work(invocation: Invocation, task: Task): Promise<void> {
    const body = task.body;
    switch (task.kind) {
      case 'events':
        return this.processEvents(invocation, task);
      case 'enrolments':
        return startRun(this.runDeps(invocation), body as EnrolmentMessage);
      case 'due':
        return processDueProfile(this.profileDeps(invocation), body as DueMessage);
      case 'send':
        return this.sendWork(this, invocation, body as SendRequest);
      case 'webhooks':
        return call(
          {
            ...this.stores(invocation),
            events: this.queue('events', invocation),
            again: this.queue('webhooks', invocation),
            // The body says what the receiver answers.
            webhooks: {
              call: ({ id, body: sent }) =>
                invocation.call(async () => {
                  this.called.push(`${id} ${(body as WebhookRequest).attempt}`);
                  return { status: Number(sent.answer) };
                }),
            },
            clock: () => this.now,
          },
          body as WebhookRequest,
        );
      case 'dispatch-due':
        return dispatchDue({
          ...this.stores(invocation),
          due: this.queue('due', invocation),
          enrolments: this.queue('enrolments', invocation),
          clock: () => this.now,
          random: () => 0,
        });
      case 'failed':
        return parkLostRun(
          {
            ...this.stores(invocation),
            enrolments: this.queue('enrolments', invocation),
            clock: () => this.now,
            log: silent,
          },
          body as { detail: { name: string; status: string } },
        );
      case 'stop-executions':
        return stopExecution(
          {
            ...this.workDeps(invocation),
            executions: {
              stop: (_machine, entry, leg) => invocation.call(async () => this.abort(`${entry}-${leg}`)),
            },
            machinePrefix: 'cairn',
          },
          body as StopExecutionMessage,
        );
      case 'jobs':
        return workJob(this.workDeps(invocation), body as JobMessage);
      case 'api':
        return this.answer(invocation, body as Exclude<ApiCall, { redeem: string }>);
      case 'stalled':
        // `giveUp` put this body.
        return (body as () => Promise<void>)();
    }
  }

  /** Returns false if the invocation died, or was given up. Any other error is a fault of ours. */
  private invoke(work: (invocation: Invocation) => Promise<unknown>, mayStall = true): Promise<boolean> {
    const { stallAt, ...fate } = this.fate();
    const invocation = new Invocation(
      { ...fate, ...(mayStall ? { stallAt } : {}), fault: () => this.fault(mayStall) },
      this.turns,
    );
    const worked = work(invocation).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
    return Promise.race([worked, invocation.stalled.then(() => this.giveUp(invocation, worked))]);
  }

  private fault(mayStall: boolean): Fault | undefined {
    this.calls += 1;
    const { once } = this.faultRates;
    if (this.calls !== once?.at) return undefined;
    once.hasCome = true;
    return once.fault === 'stall' && !mayStall ? undefined : once.fault;
  }

  /** Most invocations make few calls, so most faults are early. */
  private fate(): Fate {
    const { kill, twice, stall } = this.faultRates;
    const at = (share: number, most: number) =>
      this.random() < share ? 1 + Math.floor(this.random() ** 2 * most) : undefined;
    const killAt = at(kill, 30);
    const carriedOut = ([false, true, 'late'] as const)[Math.floor(this.random() * 3)] ?? false;
    return {
      ...(killAt === undefined ? {} : { kill: { at: killAt, carriedOut } }),
      twiceAt: at(twice, 20),
      stallAt: killAt === undefined ? at(stall, 12) : undefined,
    };
  }

  /** Continues a stalled invocation much later, concurrently with its successor. */
  private giveUp(invocation: Invocation, worked: Promise<boolean>): false {
    const late = this.faultRates.once
      ? LONGEST_STALL_MS
      : (STALLED_MS[Math.floor(this.random() * STALLED_MS.length)] ?? 0);
    const body = async () => {
      invocation.goOn();
      // Nobody waits for its answer.
      await worked.catch((error: unknown) => {
        if (!(error instanceof RunLeft)) throw error;
      });
    };
    this.tasks.push({ kind: 'stalled', body, readyAt: this.now + late, deliveries: 0 });
    return false;
  }

  /** A Task state: it is retried with the same input after a death, and succeeds if the run was left. */
  private async walk(execution: Execution): Promise<void> {
    const { next } = execution;
    execution.underWay = next;
    try {
      const done = await (next.do === 'arm'
        ? this.walkArm(execution, next)
        : this.walkStep(execution, next as Extract<Execution['next'], { do: 'step' }>));
      const { abort, once } = this.faultRates;
      if (!done && !execution.done && (once?.isLost || this.random() < abort)) this.fail(execution);
    } catch (error) {
      if (!(error instanceof RunLeft)) throw error;
      // An answer of a Task after its timeout is ignored.
      if (execution.next === next) execution.done = true;
    } finally {
      if (execution.underWay === next) execution.underWay = undefined;
    }
  }

  private async walkStep(execution: Execution, next: Extract<Execution['next'], { do: 'step' }>): Promise<boolean> {
    const { state } = execution;
    const input = {
      entry: state.entry,
      leg: state.leg,
      n: state.n,
      stop: state.next,
      cause: next.cause,
      enteredAt: new Date(next.enteredAt).toISOString(),
    };
    let after: ExecutionState | undefined;
    let isReserved = false;
    const done = await this.invoke(async (invocation) => {
      try {
        after = await advanceRun(this.runDeps(invocation), input);
      } catch (error) {
        if (!(error instanceof ReservedError)) throw error;
        isReserved = true;
      }
    });
    // Step Functions retries with growing delays.
    if (isReserved) execution.retryAt = this.now + RETRIED_MS;
    if (isReserved) return false;
    if (done && after !== undefined && !execution.done) this.rest(execution, after);
    return done;
  }

  private async walkArm(execution: Execution, next: Extract<Execution['next'], { do: 'arm' }>): Promise<boolean> {
    const { state } = execution;
    const { attempt } = next;
    this.tokens += 1;
    execution.token = `token-${this.tokens}`;
    const input = { entry: state.entry, leg: state.leg, n: state.n, stop: state.next, token: execution.token, attempt };
    const done = await this.invoke((invocation) => registerTaskToken(this.armDeps(invocation), input));
    // It may have been resolved, or have timed out, while its token was being stored.
    if (execution.next === next) execution.next = done ? { do: 'rest' } : { do: 'arm', attempt: attempt + 1 };
    return done;
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
    if (type === undefined) throw new Error(`${execution.machine} has no state ${state.next}`);
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

  /** A token that was resolved or has timed out matches no execution. */
  private resolve(token: string): void {
    for (const execution of this.executions.values()) {
      if (execution.token !== token || execution.done) continue;
      execution.token = undefined;
      execution.next = { do: 'step', cause: 'token', enteredAt: this.now };
    }
  }

  /** Calls the API as a person or a client. A call that died is made again. */
  private async answer(invocation: Invocation, call: Exclude<ApiCall, { redeem: string }>): Promise<void> {
    if ('complete' in call) return this.complete(invocation, call.complete);
    if ('rules' in call) return this.change(invocation, CHANGES[call.rules]);
    if ('feedback' in call) return this.feedback(invocation, call.feedback);
    if ('resend' in call) return this.resend(invocation, call);
    const answer = await this.ask(invocation, call, requestOf(call));
    if ('trigger' in call && answer !== undefined) this.answers.set(call.repeat, answer);
  }

  /** Returns undefined if the call was refused, or the same call is still running: it is then repeated later. */
  private async ask(invocation: Invocation, call: ApiCall, request: Request): Promise<string | undefined> {
    const { body, problem } = await post(this, invocation, request);
    if (problem === undefined) return answerText(body);
    const { code, detail } = problem.fault;
    if (code !== 'conflict') throw problem;
    if (detail.includes('still at work')) this.push({ kind: 'api', body: call, readyAt: this.now + LEASE_OVER_MS });
    return undefined;
  }

  private async resend(invocation: Invocation, call: Extract<ApiCall, { resend: string }>): Promise<void> {
    for (const { sk, sourceKind } of await this.tables.all(TABLES.messages)) {
      const id = String(sk);
      const row = await this.stores(new Invocation()).messages.get(id);
      const isAsked =
        (sourceKind as Source).kind === 'journey' && (sourceKind as { node: string }).node === call.resend;
      const isOpen = row !== undefined && (isMissed(row) || row.state === 'released');
      if (isAsked && isOpen) await this.ask(invocation, call, { path: `/v1/messages/${id}/resend`, key: call.repeat });
    }
  }

  /** The new snapshot is live at once. */
  private async change(invocation: Invocation, change: (live: Snapshot) => Snapshot): Promise<void> {
    await invocation.call(async () => {
      const { snapshot } = this.rules;
      const next = change(snapshot);
      if (next === snapshot) return;
      this.goLive(next);
    });
    const known = await this.tables.all(TABLES.profiles);
    const keys = known.filter(({ sk, mergedInto }) => sk === '#ACTIVITY' && mergedInto === undefined);
    const touches = keys.map(({ pk }) => ({ body: { profile: String(pk), at: this.now, touch: true } }));
    await this.queue('due', invocation).send(touches);
  }

  /** Instances that have read the pointer before have the earlier rules and pauses for seconds. */
  goLive(snapshot: Snapshot, pauses: Pick<Pointer, 'channels' | 'journeys'> = this.rules.pointer): void {
    const { rules } = this;
    this.superseded.unshift({ snapshot: rules.snapshot, pointer: rules.pointer, until: this.now });
    for (const journey of Object.keys(snapshot.archived))
      if (!Object.hasOwn(rules.snapshot.archived, journey)) this.archivedAt.set(journey, this.now);
    rules.snapshot = snapshot;
    rules.pointer = { ...rules.pointer, ...pauses };
    if (this.faultRates.redeliver === 0) return;
    for (const instance of this.instances)
      instance.readAt = Math.max(instance.readAt, this.now - Math.floor(this.random() * POINTER_AGE_MS));
  }

  private async feedback(invocation: Invocation, { node, receipt }: { node: string; receipt: Receipt }): Promise<void> {
    for (const { sk, sourceKind } of await this.tables.all(TABLES.messages)) {
      if ((sourceKind as Source).kind !== 'journey' || (sourceKind as { node: string }).node !== node) continue;
      const message = String(sk);
      await recordReceipt(this.feedbackDeps(invocation), { message, receipt, at: this.now });
    }
  }

  private async complete(invocation: Invocation, { node, outcome }: { node: string; outcome: string }): Promise<void> {
    const stores = this.stores(invocation);
    const { items } = await stores.tasks.list({}, { limit: 100 });
    const route = taskRoutes.find(({ path }) => path.endsWith('/complete'));
    // Completing a task that its run has left behind is refused.
    for (const task of items.filter(({ source, status }) => source.node === node && status !== 'closed')) {
      try {
        await route?.handle(
          { ...stores, queues: { events: this.queue('events', invocation) }, clock: () => this.now } as never,
          { params: { id: task.id }, body: { outcome }, caller: { sub: 'somebody' } } as never,
        );
      } catch (error) {
        // Its run has left it behind since the list was read.
        if (!(error instanceof DomainError && error.fault.code === 'conflict')) throw error;
      }
    }
  }

  /** A queue. FIFO drops a known deduplication id. */
  queue(kind: Task['kind'] | 'metric-events', invocation: Invocation) {
    return {
      send: async (messages: Outgoing[]): Promise<void> => {
        if (messages.length === 0) return;
        await invocation.call(async () => {
          for (const message of messages) this.put(kind, message);
        }, true);
      },
    };
  }

  private put(kind: Task['kind'] | 'metric-events', message: Outgoing): void {
    if (kind === 'metric-events') {
      this.published.push(message.body as MetricEvent);
      return;
    }
    const id = message.dedup === undefined ? undefined : `${message.group}:${message.dedup}`;
    if (id !== undefined && this.now - (this.handed.get(id) ?? Number.NEGATIVE_INFINITY) < DEDUP_MS) return;
    if (id !== undefined) this.handed.set(id, this.now);
    if (kind === 'enrolments' && this.random() < (this.faultRates.lose ?? 0)) return;
    const body: unknown = JSON.parse(JSON.stringify(message.body));
    this.push({ kind, body, group: message.group, readyAt: this.now + (message.delaySeconds ?? 0) * 1000 });
  }

  stores(invocation: Invocation): Stores {
    const known = this.storesOf.get(invocation) ?? this.newStores(invocation);
    this.storesOf.set(invocation, known);
    return known;
  }

  private newStores(invocation: Invocation) {
    const client = invocation.client(this.tables.client);
    return {
      profiles: profileStore(client, TABLES.profiles),
      runs: runStore(client, TABLES.runs),
      lastLook: lastLook(client, { profiles: TABLES.profiles, runs: TABLES.runs }),
      messages: messageStore(client, TABLES.messages),
      coupons: couponStore(client, TABLES.catalog),
      throttles: throttles(client, TABLES.catalog),
      tasks: taskStore(client, TABLES.catalog),
      tries: webhookTries(client, TABLES.runs),
      secrets: secretStore(client, TABLES.catalog),
      log: webhookLog(client, TABLES.runs),
    };
  }

  /** The catalog is read only: its versions and its snapshot are given. Each invocation is of an instance, which may have read the pointer before. */
  catalog(invocation: Invocation) {
    const { rules } = this;
    const instance = this.instanceOf.get(invocation) ?? this.drawInstance();
    this.instanceOf.set(invocation, instance);
    return {
      snapshot: async ({ version = 0, since = 0 }: Freshness = {}) => {
        if (this.now - instance.readAt >= POINTER_AGE_MS || instance.readAt < since) instance.readAt = this.now;
        const live = this.superseded.findLast(({ until }) => until > instance.readAt);
        if (live !== undefined && live.snapshot.version >= version)
          return { snapshot: live.snapshot, pointer: live.pointer };
        instance.readAt = this.now;
        return { snapshot: rules.snapshot, pointer: rules.pointer };
      },
      // Versions of journeys or templates, depending on the kind.
      version: async (kind: string, id: string) => (kind === 'templates' ? template(id) : rules.journeys[id]) as never,
    };
  }

  /** Only matters if rules or pauses change, and only then are random numbers drawn for it. */
  private drawInstance(): { readAt: EpochMs } {
    if (this.superseded.length === 0 || this.faultRates.redeliver === 0) return { readAt: this.now };
    return this.instances[Math.floor(this.random() * this.instances.length)] ?? { readAt: this.now };
  }

  profileDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalog(invocation),
      executions: { resolve: (token: string) => invocation.call(async () => this.resolve(token), true) },
      events: this.queue('events', invocation),
      due: this.queue('due', invocation),
      stopExecutions: this.queue('stop-executions', invocation),
      enrolments: this.queue('enrolments', invocation),
      metricEvents: this.metricEvents(invocation),
      isPermanentError,
      feedback: async (event: CairnEvent) => event,
      clock: () => this.now,
      log: silent,
    };
  }

  runDeps(invocation: Invocation) {
    const send = this.queue('send', invocation);
    return {
      ...this.stores(invocation),
      catalog: this.catalog(invocation),
      senders: byChannel(() => send),
      enrolments: this.queue('enrolments', invocation),
      events: this.queue('events', invocation),
      webhooks: this.queue('webhooks', invocation),
      metricEvents: this.metricEvents(invocation),
      clock: () => this.now,
      sequence: () => 0,
      log: silent,
      executions: {
        start: (machine: string, state: ExecutionState) =>
          invocation.call(async () => {
            if (this.random() < (this.faultRates.refuse ?? 0)) return false;
            this.start(machine, state);
            return true;
          }, true),
      },
      machinePrefix: 'cairn',
      throttles: this.stores(invocation).throttles,
    };
  }

  private feedbackDeps(invocation: Invocation) {
    return {
      ...this.stores(invocation),
      catalog: this.catalog(invocation),
      events: this.queue('events', invocation),
      metricEvents: this.metricEvents(invocation),
      clock: () => this.now,
      log: silent,
    };
  }

  private workDeps(invocation: Invocation) {
    const send = this.queue('send', invocation);
    return {
      jobs: jobStore(invocation.client(this.tables.client), TABLES.catalog),
      queue: this.queue('jobs', invocation),
      pointerMaxAgeMs: POINTER_AGE_MS,
      ...this.stores(invocation),
      senders: byChannel(() => send),
      events: this.queue('events', invocation),
      due: this.queue('due', invocation),
      stopExecutions: this.queue('stop-executions', invocation),
      enrolments: this.queue('enrolments', invocation),
      metricEvents: this.metricEvents(invocation),
      clock: () => this.now,
    };
  }

  private metricEvents(invocation: Invocation) {
    return {
      publish: (metricEvents: MetricEvent[]) =>
        this.queue('metric-events', invocation).send(metricEvents.map((body) => ({ body }))),
    };
  }

  private armDeps(invocation: Invocation) {
    const { profiles, runs } = this.stores(invocation);
    return {
      profiles,
      runs,
      catalog: this.catalog(invocation),
      executions: { resolve: (token: string) => invocation.call(async () => this.resolve(token), true) },
      clock: () => this.now,
    };
  }
}

/** A client whose first call may still be running repeats it after this time. */
const LEASE_OVER_MS = 61_000;

function requestOf(
  call: Exclude<
    ApiCall,
    { redeem: string } | { complete: unknown } | { feedback: unknown } | { resend: string } | { rules: unknown }
  >,
): Request {
  if ('trigger' in call) {
    const { journey, profile, ...more } = call.trigger;
    return { path: `/v1/journeys/${journey}/trigger`, body: { profileId: profile, ...more }, key: call.repeat };
  }
  if ('hold' in call)
    return { path: `/v1/channels/${call.hold}/pause`, body: call.all === undefined ? {} : { all: call.all } };
  if ('release' in call) return { path: `/v1/channels/${call.release}/resume` };
  if ('pause' in call) return { path: `/v1/journeys/${call.pause}/pause` };
  if ('resume' in call) return { path: `/v1/journeys/${call.resume}/resume` };
  return { path: `/v1/journeys/${call.archive}/archive` };
}

/** The answer without ids. */
function answerText(body: unknown): string {
  const { entered, reason } = body as { entered?: boolean; reason?: string };
  return entered === true ? 'entered' : String(reason);
}

/** The results of nodes are under one key of the run's data. */
const resultsOf = (data: Run['data']): Record<string, unknown> => (data['@results'] ?? {}) as Record<string, unknown>;
const isDrawn = (result: unknown): result is { code: string } =>
  typeof result === 'object' && result !== null && 'code' in result;
