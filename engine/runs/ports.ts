import type { Answer } from '../../core/http/receiver.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import type { Claim, ExecutionState, Plan, Run } from '../../core/runs/run.ts';
import type { WebhookRequest } from '../../core/webhooks/webhook.ts';
import type { Cursor, Places } from '../ports.ts';

/** The leg and step that a write must find: the fence (`docs/protocols.md#runs`), or the state before a leg. */
export interface Fence {
  leg: number;
  step: number;
}

/** Before a leg. */
export interface Before extends Fence {
  /** The instant that its creation set is still to come and stays, which saves two write units. */
  isDueLater?: boolean;
  /** The version that it was read as moving to; the write asks for the same. */
  movingTo?: number | undefined;
}

/** A run that rests, as it was read: an open one, or one without an execution. */
export interface Resting extends Fence {
  status: 'open' | 'parked';
  version: number;
}

/** Fields that a plan commit writes beside the next fence. */
export interface Committed {
  plan: Plan;
  node: string;
  /** The version on which it goes on; absent: the same. */
  version?: number;
  leftAt: EpochMs;
  data: Run['data'];
  visits: Run['visits'];
  /** Those of the run as it was read. */
  commits?: Run['commits'];
  /** The way taken stays on the run for its next leg; absent: the claim is cleared. */
  park?: { dueAt: EpochMs };
  /** The last plan closes the run in the same write. */
  end?: { outcome?: string; at: EpochMs };
}

/** Runs found page by page. */
export interface RunLists {
  /** Entry ids of a journey's runs, oldest first within a profile. */
  byJourney(journey: string, page: { limit: number; cursor?: Cursor }): Promise<{ entries: EntryId[]; next?: Cursor }>;
  /** Entry ids of a journey's runs under all keys that a customer has had, newest first. */
  byJourneyOf(
    journey: string,
    profiles: readonly ProfileKey[],
    page: { limit: number; cursor?: Places | undefined },
  ): Promise<{ next?: Places; entries: EntryId[] }>;
  /** Entry ids of a profile's runs, newest first. */
  byProfile(
    profile: ProfileKey,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ entries: EntryId[]; next?: Cursor }>;
  /** Entry ids of one shard's runs due before `before`, overdue included. */
  dueBefore(
    shard: string,
    before: EpochMs,
    page: { limit: number; cursor?: Cursor },
  ): Promise<{ entries: EntryId[]; next?: Cursor }>;
}

/** Items of runs: the conditional change of one decides where its run stands. `docs/protocols.md#states-of-a-run`. Unless a method says otherwise, false means refused: the run is no longer in the state `from`. */
export interface RunStore extends RunLists {
  /** Strongly consistent, unless `isEventual`: that costs half, and may miss what was written a moment ago. */
  get(entry: EntryId, reading?: { isEventual?: boolean }): Promise<Run | undefined>;
  /** Those that exist, strongly consistent, in no order. */
  getAll(entries: readonly EntryId[]): Promise<Run[]>;
  /** Creates the run as `entering`, due in case its enrolment is lost, or as closed if its exit came first. Returns false if it exists already. */
  create(run: NewRun, now: EpochMs): Promise<boolean>;
  /**
   * Begins `leg` with its first plan (`docs/protocols.md#starting-a-leg`, 1). It stays due until `confirmStart`, or until it ends or is parked.
   */
  beginLeg(entry: EntryId, from: Before, committed: Committed, now: EpochMs): Promise<boolean>;
  /** Confirms that the leg's execution has started: the run is no longer due. */
  confirmStart(entry: EntryId, from: Pick<Fence, 'leg'>): Promise<boolean>;
  /** Moves the due instant from `seen` to `to`. Returns false if it has changed meanwhile. */
  postponeDue(entry: EntryId, seen: EpochMs, to: EpochMs): Promise<boolean>;
  /** Moves an open run on by one step (`docs/protocols.md#advancing-a-run`, 4). */
  commitPlan(entry: EntryId, from: Fence, committed: Committed): Promise<boolean>;
  /** The leg is not begun yet: its journey is paused, say. */
  postpone(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean>;
  /** Leaves the execution while the journey is paused; the decided way waits in the claim for the next leg. */
  park(entry: EntryId, from: Fence, claim: Claim, leftAt: EpochMs, dueAt: EpochMs): Promise<boolean>;
  /** The plan was executed up to a node that cannot be passed yet: parks the run there. Under the fence, after the plan's messages are queued. */
  parkPlanned(entry: EntryId, from: Fence, dueAt: EpochMs, claim?: Claim): Promise<boolean>;
  /** Parks an open run whose execution was lost, so that its next leg rests at the same stop. Decides nothing. */
  parkLost(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean>;
  /** Takes a run that rests, and whose way is not decided if it is open, out of its execution: its next leg is one of another version (`docs/protocols.md#migrating-runs`). */
  migrate(entry: EntryId, from: Resting, to: NonNullable<Run['migrating']>, dueAt: EpochMs): Promise<boolean>;
  /** Claims how an open run's stop is left. Returns false if it was left, closed or claimed before. */
  claim(entry: EntryId, from: Partial<Fence> & { step: number }, claim: Claim): Promise<boolean>;
  /** `docs/protocols.md#registering-a-task-token`, 1: an older attempt never overwrites a newer one's token. */
  setToken(entry: EntryId, from: Fence, token: string, attempt: number): Promise<boolean>;
  /** Closes a run that is entering, open or parked: by an exit, archive, erasure or merge. Returns false if it was closed before. */
  close(entry: EntryId, reason: NonNullable<Run['reason']>, at: EpochMs, outcome?: string): Promise<boolean>;
}

/** Something for a person to do for a customer. */
export interface Task {
  id: string;
  queue: string;
  title: string;
  profile: ProfileKey;
  /** Run and node that created it. */
  source: { kind: 'journey'; id: string; version: number; node: string; run: string };
  at: EpochMs;
  /** `closed`: its run went on or ended without it. */
  status: 'open' | 'done' | 'closed';
  /** Outcomes for which the journey waits. */
  outcomes?: string[];
  outcome?: string;
  doneAt?: EpochMs;
  doneBy?: string;
  /** Reason of a closed task: `timeout`, or how its run ended. */
  reason?: TaskReason;
  closedAt?: EpochMs;
}

export type TaskReason = 'timeout' | NonNullable<Run['reason']>;

/** Tasks for people. */
export interface TaskStore {
  get(id: string): Promise<Task | undefined>;
  /** Creates a task. `id` and `at` come from the run's plan, so that a repeat creates nothing new. */
  create(task: Omit<Task, 'status' | 'outcome' | 'doneAt' | 'doneBy' | 'reason' | 'closedAt'>): Promise<void>;
  /** Closes an open task. Does nothing if the task is not open or does not exist. */
  close(id: string, how: { reason: TaskReason; at: EpochMs }): Promise<void>;
  /** Completes an open task. Returns false if it is not open. */
  complete(task: Task, done: { outcome: string; by: string; at: EpochMs }): Promise<boolean>;
  /** Newest first. A page may hold fewer than `limit`, or none, and still have a next one: the filter comes after the limit. */
  list(
    filter: { queue?: string; status?: string; profiles?: readonly ProfileKey[] | undefined },
    page: { limit: number; before?: string },
  ): Promise<{ items: Task[]; next?: string }>;
}

/** Another executor is deciding now. A caller that comes again after the lease finds the decision, or decides. */
export class ReservedError extends Error {
  override readonly name = 'ReservedError';
}

/** Longer than a function that decides may run (30 s). */
export const LEASE_MS = 35_000;

export interface Decision<Value> {
  value: Value;
  /** The decision may be made again after this instant; absent: it is final. */
  until?: EpochMs;
  /** The item that was taken names the reservation, and whoever comes later finds it there: the decision needs no write. */
  isKept?: true;
}

export interface Terms {
  now: EpochMs;
  /** How long the decision is kept. */
  ttlSeconds: number;
  leaseMs?: number;
}

/** The answer to one try of a webhook. */
export interface WebhookTry {
  answer: Answer;
  latencyMs: number;
  at: EpochMs;
}

/** Tries of webhooks: each is made once, however many executors come to it, at the same time or after a crash. */
export interface WebhookTries {
  /**
   * Returns what the try was answered. The first executor calls `make`. @throws ReservedError while another executor makes it
   */
  makeOnce(
    tried: Pick<WebhookRequest, 'entry' | 'id' | 'attempt'>,
    terms: Terms,
    make: () => Promise<WebhookTry>,
  ): Promise<WebhookTry>;
}

/** Throttle: how many runs may pass a minute. A run that comes twice, or that two executors handle at once, takes one place. */
export interface Throttles {
  /**
   * Returns when this run may pass: now, as long as no more than `perMinute` have come within the minute. @throws ReservedError while another
   * executor asks for it
   */
  pass(name: string, perMinute: number, now: EpochMs, who: string): Promise<EpochMs>;
}

/** Pilots: how many runs of a journey's version walk before a person lets in the others. */
export interface Pilots {
  /** Returns whether the run has one of the `size` places. It keeps it, however often and by whomever it is asked for. */
  claim(of: { journey: string; version: number }, size: number, entry: EntryId): Promise<boolean>;
  entered(journey: string, version: number): Promise<number>;
}

/** Starts, resolves and stops the executions of runs. A call whose work was done before succeeds. */
export interface Executions {
  /**
   * Starts an execution. `machine` is a name; the execution's name derives from entry and leg, so a repeat starts nothing. Returns false if Step
   * Functions accepts no more now, because of the rate or the number of open executions.
   */
  start(machine: string, state: ExecutionState): Promise<boolean>;
  /** The output is ignored: the next step reads its way from the claim. */
  resolve(token: string): Promise<void>;
  /** Stops an execution whose run item is closed already. */
  stop(machine: string, entry: EntryId, leg: number): Promise<void>;
}

/** Executions that have ended since, other than by success. It starts with a random journey's, so that none is last every night. */
export type LostExecutions = (since: EpochMs) => AsyncGenerator<{ name: string; status: string }>;

/** A request with the values of its secrets. */
export type WebhookCall = Pick<WebhookRequest, 'id' | 'url' | 'method' | 'body'> & { headers: Record<string, string> };

export interface Webhooks {
  /** Never throws for a receiver's fault: one that cannot be reached has status 0. */
  call(request: WebhookCall): Promise<Answer>;
}

/** Response of a receiver to one try of a webhook call. */
export interface WebhookLogEntry {
  journey: string;
  node: string;
  /** `webhook-id`. */
  webhook: string;
  attempt: number;
  run: EntryId;
  profile: ProfileKey;
  at: EpochMs;
  latencyMs: number;
  /** 0: it could not be reached. */
  status: number;
  /** Start of the response, or why there was none. */
  body?: string;
}

/** Responses of receivers, kept for 30 days. */
export interface WebhookLog {
  /** A repeat writes the same item. */
  put(entry: WebhookLogEntry): Promise<void>;
  /** Newest first. */
  newest(journey: string, node: string, limit: number): Promise<WebhookLogEntry[]>;
}
