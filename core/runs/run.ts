import * as z from 'zod';
import type { TestTerms } from '../definitions/pins.ts';
import { TIMELINE_MS } from '../events/timeline.ts';
import type { Headers, Method } from '../http/receiver.ts';
import type { EntryId, EpochMs, MessageId, ProfileKey } from '../ids.ts';
import { lazySchema } from '../lazy-schema.ts';

/** A run whose enrolment was lost is found after this time. An enrolment that only waits on a busy queue normally arrives earlier. */
export const ENTERING_MS = 30 * 60_000;

/** A closed run is kept for this long: longer than a queue message lives, and than a condition can ask for how it ended. */
export const CLOSED_RUN_MS = TIMELINE_MS + 14 * 24 * 3600_000;

/** The run item (Runs, `RUN#<entryId>`): it decides; Step Functions only keeps time. `docs/protocols.md#states-of-a-run`. */
export interface Run {
  entry: EntryId;
  profile: ProfileKey;
  journey: string;
  version: number;
  /** The customer's timezone at the entry, as far as it was known: where send windows are surely open there, nothing has to be read. */
  timezone?: string;
  /** Value of `entry.key`, or "" where the journey has none. */
  key: string;
  /** Entry instant: the entry event's timestamp. */
  at: EpochMs;
  /** Entry properties, and results of nodes under their id or `as`: the `data` of Liquid. */
  data: Record<string, unknown>;
  /** Only of a test: its terms. Caps, reports, throttle and pilot leave it out. */
  test?: TestTerms;
  /** Tags that its own entry event changed, and when: they resolve nothing. */
  own?: Record<string, EpochMs>;
  status: 'entering' | 'open' | 'parked' | 'closed';
  /** Reason of a closed run: `ended` at an end node, `exited` by an exit rule, `archived`, `erased`, `merged`. */
  reason?: 'ended' | 'exited' | 'archived' | 'erased' | 'merged';
  outcome?: string;
  closedAt?: EpochMs;
  /** Number of the execution that walks it now; 0 before the first. */
  leg: number;
  step: number;
  /** When and with which step the leg started, because an execution may last a year and have 25,000 events. */
  legBegan?: { at: EpochMs; step: number };
  /** The stop where it rests; for a parked run, the node from which the next leg walks on. */
  node?: string;
  /** When it left its previous stop (for `since: here`, `for`, `timeout`). */
  leftAt?: EpochMs;
  claim?: Claim;
  token?: { leg: number; attempt: number; value: string };
  plan?: Plan;
  dueAt?: EpochMs;
  /** When a run left its stop, if a pause of the journey parked it. */
  parkedAt?: EpochMs;
  /** Its execution was lost: the next leg rests where this one rested. */
  executionLost?: boolean;
  /** Its next leg goes on in this version, at this node. `isCarriedOut`: what its last plan asked for was done long ago. */
  migrating?: { version: number; node: string; isCarriedOut?: true };
  /** Node id → how often visited, when last, and by which message. Bounded by the number of nodes. */
  visits: Record<string, Visit>;
  /** Names of its last plan commits, oldest first: by them a commit knows itself. Whoever plans hands them on. */
  commits?: string[];
}

export interface Visit {
  count: number;
  at: EpochMs;
  message?: MessageId;
  /** Only of a `split`: name of the way that the run took. */
  way?: string;
  /** Instants of the visits that made a task, of the newest ones; where the run waits for the task, of the last visit alone. */
  tasks?: EpochMs[];
  /** Only of a `coupon`: the index of its code in the pool. */
  coupon?: number;
  /** Why the run did not rest there as it should: its date is missing. */
  warning?: string;
}

/** Decides how a `wait-for` (or an awaited `task`) is left. Only the next plan commit or a close clears it. */
export interface Claim {
  way: Way;
  /** `timeout`, or the id of the event that resolved it; `decided` when parked; `held`: see `PlannedRest`. */
  by: string;
  output?: unknown;
}

/** How a stop is left: its wait ended, it timed out, its n-th `for` resolved it, or a task's outcome did. */
export type Way =
  | { kind: 'waited' }
  | { kind: 'timeout' }
  | { kind: 'resolved'; index: number }
  | { kind: 'outcome'; outcome: string };

/** Decision of a step: it is committed before it is executed, and every retry executes it again. */
export interface Plan {
  /** The number of the step that made this plan. */
  n: number;
  /** The instant at which the stop was left: `$$.State.EnteredTime`. */
  at: EpochMs;
  actions: PlannedAction[];
  next: PlannedRest;
  /** Only of a plan that rests again: traits that the plan before it set, and that the profile may not have applied yet. */
  pendingTraits?: { at: EpochMs; traits: Record<string, unknown> };
}

export type PlannedAction =
  /** `traits`: those that updates of the same plan set. */
  | { kind: 'send'; node: string; message: MessageId; traits?: Record<string, unknown> }
  | { kind: 'task'; node: string; task: string; queue: string; title: string; outcomes?: string[] }
  /** Closes a task that the run no longer needs. */
  | { kind: 'close-task'; node: string; task: string }
  /** `version`: the pinned version. */
  | {
      kind: 'trigger';
      node: string;
      journey: string;
      version?: number;
      key?: string;
      data?: Record<string, unknown>;
    }
  | { kind: 'update'; node: string; traits?: Record<string, unknown>; addTags?: string[]; removeTags?: string[] }
  | {
      kind: 'webhook';
      node: string;
      webhook: string;
      url: string;
      method?: Method;
      headers?: Headers;
      body: Record<string, unknown>;
    };

export type PlannedRest =
  | { kind: 'stop'; node: string; until: EpochMs }
  /** `held`: the node is passed, and the run goes on when this message is no longer held or deferred. */
  | { kind: 'park'; node: string; resumeAt: EpochMs; held?: MessageId }
  | { kind: 'end'; outcome?: string };

/** A run that was just created, as its item holds it. */
const CreatedRunSchema = lazySchema(() =>
  z.object({
    profile: z.string(),
    journey: z.string(),
    version: z.number(),
    timezone: z.string().optional(),
    key: z.string(),
    at: z.number(),
    data: z.record(z.string(), z.unknown()),
    own: z.record(z.string(), z.number()).optional(),
    createdAt: z.number(),
  }),
);

/** Body of a message on `enrolments`: start leg `leg` of the run. `created`: whoever has just created the run spares `start-run` its first read. */
export const EnrolmentMessageSchema = lazySchema(() =>
  z.object({
    entry: z.string(),
    leg: z.number().int().positive(),
    created: CreatedRunSchema.optional(),
  }),
);
export type EnrolmentMessage = z.infer<typeof EnrolmentMessageSchema>;

/** Body of a message on `stop-executions`: the run was closed, or has left this leg, and an execution may still rest for it. */
export const StopExecutionMessageSchema = lazySchema(() =>
  z.object({
    entry: z.string(),
    leg: z.number().int().positive().optional(),
    /** The version on whose machine it rests; absent: the run's. */
    version: z.number().int().positive().optional(),
  }),
);
export type StopExecutionMessage = z.infer<typeof StopExecutionMessageSchema>;

/** Input of an execution and, after each step, its whole state. `next` is the stop to rest at, or "end"; `until` an ISO instant rounded up to the second. */
export interface ExecutionState {
  entry: EntryId;
  leg: number;
  /** Step number of the plan that led here: `plan.n + 1`. */
  n: number;
  next: string;
  until?: string;
  /** Seconds from the planning to `until`, at least 1: for `TimeoutSecondsPath`. */
  seconds?: number;
}

/** Payload of the `advance-run` Task. */
export interface StepInput {
  entry: EntryId;
  leg: number;
  n: number;
  /** The stop that is being left. */
  stop: string;
  /** `wait`: a Wait ended. `token`: SendTaskSuccess came. `timeout`: States.Timeout was caught. */
  cause: 'wait' | 'token' | 'timeout';
  /** `$$.State.EnteredTime` of the step's own state. */
  enteredAt: string;
}

/** Payload of the `waitForTaskToken` Task, the function `register-task-token`. */
export interface RegisterTokenInput {
  entry: EntryId;
  leg: number;
  n: number;
  stop: string;
  token: string;
  /** `$$.State.RetryCount`, from 0. */
  attempt: number;
}
