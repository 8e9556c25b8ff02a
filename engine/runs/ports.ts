import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import type { Claim, ExecutionState, Plan, Run } from '../../core/runs/run.ts';
import type { WebhookAnswer, WebhookRequest } from '../../core/webhooks/webhook.ts';
import type { Cursor, Places } from '../ports.ts';

/** What a write must find: the fence (`docs/protocols.md#runs`), or the state before a leg. */
export interface Fence {
  leg: number;
  step: number;
}

/** What a plan commit writes beside the fence's successor. */
export interface Committed {
  plan: Plan;
  node: string;
  leftAt: EpochMs;
  data: Run['data'];
  visits: Run['visits'];
  /** The way taken stays readable for a parked run's next leg; absent: the claim is cleared. */
  park?: { dueAt: EpochMs };
  /** An empty last plan closes in the same write. */
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

/** Items of runs: the conditional change of one decides where its run stands. `docs/protocols.md#states-of-a-run`. False, where nothing else is said: refused, for it is not as `from` says any more. */
export interface RunStore extends RunLists {
  /** Strongly consistent. */
  get(entry: EntryId): Promise<Run | undefined>;
  /** Creates it as `entering`, due where nobody begins it, or closed where its exit came before it. False: it was there already. */
  create(run: NewRun, now: EpochMs): Promise<boolean>;
  /** Begins `leg` with its first plan (`docs/protocols.md#starting-a-leg`, 1). It stays due until `confirmStart`, or until it ends or is parked. */
  beginLeg(entry: EntryId, from: Fence, committed: Committed, now: EpochMs): Promise<boolean>;
  /** The execution of this leg has started: nobody need look. */
  confirmStart(entry: EntryId, from: Pick<Fence, 'leg'>): Promise<boolean>;
  /** It is looked at again at `to`, not at `seen`. False: it was looked at meanwhile. */
  postponeDue(entry: EntryId, seen: EpochMs, to: EpochMs): Promise<boolean>;
  /** Moves an open run on by one step (`docs/protocols.md#advancing-a-run`, 4). */
  commitPlan(entry: EntryId, from: Fence, committed: Committed): Promise<boolean>;
  /** The leg is not begun yet: its journey is paused, say. */
  postpone(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean>;
  /** Leaves the execution while the journey is paused; the decided way waits in the claim for the next leg. */
  park(entry: EntryId, from: Fence, claim: Claim, leftAt: EpochMs, dueAt: EpochMs): Promise<boolean>;
  /** Carried out up to a node that cannot be passed yet: parks there. Under the fence, after the plan's messages are queued. */
  parkPlanned(entry: EntryId, from: Fence, dueAt: EpochMs, claim?: Claim): Promise<boolean>;
  /** After an execution was lost: parks an open run where it rests, so that its next leg rests there again. Nothing is decided. */
  parkLost(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean>;
  /** Claims how an open run's stop is left; false when it is left, closed or claimed already. */
  claim(entry: EntryId, from: Partial<Fence> & { step: number }, claim: Claim): Promise<boolean>;
  /** `docs/protocols.md#registering-a-task-token`, 1: an older attempt never overwrites a newer one's token. */
  setToken(entry: EntryId, from: Fence, token: string, attempt: number): Promise<boolean>;
  /** Closes a run that still is entering, open or parked: by an exit, archive, erasure or merge. False: it was closed already. */
  close(entry: EntryId, reason: NonNullable<Run['reason']>, at: EpochMs, outcome?: string): Promise<boolean>;
  /** Closes as `ended`, under the fence. */
  end(entry: EntryId, from: Fence, at: EpochMs, outcome?: string): Promise<boolean>;
}

/** Something that a person is to do for a customer. */
export interface Task {
  id: string;
  queue: string;
  title: string;
  profile: ProfileKey;
  /** Run and node that asked for it. */
  source: { kind: 'journey'; id: string; version: number; node: string; run: string };
  at: EpochMs;
  /** `closed`: its run went on or ended without it. */
  status: 'open' | 'done' | 'closed';
  /** Where the journey waits for one of these. */
  outcomes?: string[];
  outcome?: string;
  doneAt?: EpochMs;
  doneBy?: string;
  /** Of a closed one: `timeout`, or how its run ended. */
  reason?: TaskReason;
  closedAt?: EpochMs;
}

export type TaskReason = 'timeout' | NonNullable<Run['reason']>;

/** What people are to do. */
export interface TaskStore {
  get(id: string): Promise<Task | undefined>;
  /** `id` and `at` come from the run's plan, so that a repeat creates nothing new. */
  create(task: Omit<Task, 'status' | 'outcome' | 'doneAt' | 'doneBy' | 'reason' | 'closedAt'>): Promise<void>;
  /** What is not open stays as it is, and what was never asked for is passed over. */
  close(id: string, how: { reason: TaskReason; at: EpochMs }): Promise<void>;
  /** False: it is not open. */
  complete(task: Task, done: { outcome: string; by: string; at: EpochMs }): Promise<boolean>;
  /** Newest first. A page may hold fewer than `limit`, or none, and still have a next one: the filter comes after the limit. */
  list(
    filter: { queue?: string; status?: string; profiles?: readonly ProfileKey[] | undefined },
    page: { limit: number; before?: string },
  ): Promise<{ items: Task[]; next?: string }>;
}

/** Somebody else decides at this moment. Whoever comes again after the lease finds the decision, or decides. */
export class ReservedError extends Error {
  override readonly name = 'ReservedError';
}

/** Longer than a function that decides may run (30 s). */
export const LEASE_MS = 35_000;

export interface Decision<Value> {
  value: Value;
  /** The decision may be made anew after this instant; absent: it stands. */
  until?: EpochMs;
}

export interface Terms {
  now: EpochMs;
  /** How long the decision is remembered. */
  ttlSeconds: number;
  leaseMs?: number;
}

/** What must be decided once however many executors come to it, side by side or after each other's death. The first owner decides; the others take nothing. `docs/protocols.md#starting-a-leg`. */
export interface Reservations {
  /**
   * What is decided under this key. `decide` is called by whoever owns it; `isSecond`: an owner before may have died in the midst of it.
   * @throws ReservedError while another decides
   */
  decideOnce<Value>(
    key: { pk: string; sk: string },
    terms: Terms,
    decide: (isSecond: boolean) => Promise<Decision<Value>>,
  ): Promise<Value>;
}

/** How many may pass a minute. Who comes twice, or is carried out by two at once, takes one place. */
export interface Throttles {
  /** When this one may pass: now, as long as no more than `perMinute` have come within the minute. @throws ReservedError while another asks for it */
  pass(name: string, perMinute: number, now: EpochMs, who: string): Promise<EpochMs>;
}

/** Starts, resolves and stops the executions behind runs. "Already done" answers are success. */
export interface Executions {
  /**
   * `machine` is a name; the execution's name derives from entry and leg, so a repeat starts nothing. False: Step Functions takes no more now,
   * for the rate or for the number of open executions.
   */
  start(machine: string, state: ExecutionState): Promise<boolean>;
  /** The output is ignored: the next step takes its way from the claim. */
  resolve(token: string): Promise<void>;
  /** Tidying: the run item is closed already. */
  stop(machine: string, entry: EntryId, leg: number): Promise<void>;
}

/** Executions that have ended since, and not by themselves; it begins with those of any journey, so that none comes last every night. */
export type LostExecutions = (since: EpochMs) => AsyncGenerator<{ name: string; status: string }>;

/** A request with the values of its secrets. */
export type WebhookCall = Pick<WebhookRequest, 'id' | 'url' | 'method' | 'body'> & { headers: Record<string, string> };

export interface Webhooks {
  /** Never throws for what the receiver does: what cannot be reached has status 0. */
  call(request: WebhookCall): Promise<WebhookAnswer>;
}

/** What a receiver answered to one try of a call. */
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
  /** The beginning of what came back, or why nothing did. */
  body?: string;
}

/** What receivers answered, for 30 days. */
export interface WebhookLog {
  /** A repeat writes the same item. */
  put(entry: WebhookLogEntry): Promise<void>;
  /** Newest first. */
  newest(journey: string, node: string, limit: number): Promise<WebhookLogEntry[]>;
}
