import * as z from 'zod';
import type { EntryId, EpochMs, MessageId, ProfileKey } from '../ids.ts';
import type { Headers, Method } from '../webhooks/webhook.ts';

/** The run item (Runs, `RUN#<entryId>`): it decides; Step Functions only keeps time. `docs/protocols.md#states-of-a-run`. */
export interface Run {
  entry: EntryId;
  profile: ProfileKey;
  journey: string;
  version: number;
  /** Value of `entry.key`, or "" where the journey has none. */
  key: string;
  /** Entry instant: the entry event's timestamp. */
  at: EpochMs;
  /** Entry properties plus what nodes stored under their id or `as`: what Liquid calls `data`. */
  data: Record<string, unknown>;
  /** Tags that its own entry event turned, and when: they resolve nothing. */
  own?: Record<string, EpochMs>;
  status: 'entering' | 'open' | 'parked' | 'closed';
  /** Of a closed run: `ended` came to an end node, `exited` by an exit rule, `archived`, `erased`, `merged`. */
  reason?: 'ended' | 'exited' | 'archived' | 'erased' | 'merged';
  outcome?: string;
  closedAt?: EpochMs;
  /** Number of the execution that walks it now; 0 before the first. */
  leg: number;
  step: number;
  /** When and with which step the leg began: an execution may last a year and have 25,000 events. */
  legBegan?: { at: EpochMs; step: number };
  /** The stop where it rests, or for a parked run the node from which the next leg walks on. */
  node?: string;
  /** When it left its previous stop (for `since: here`, `for`, `timeout`). */
  leftAt?: EpochMs;
  claim?: Claim;
  token?: { leg: number; attempt: number; value: string };
  plan?: Plan;
  dueAt?: EpochMs;
  /** Of a run parked by a journey's pause: when it left its stop. */
  parkedAt?: EpochMs;
  /** Its execution was lost: the next leg rests again where this one rested. */
  executionLost?: boolean;
  /** Node id → how often visited, when last, and by which message. Bounded by the number of nodes. */
  visits: Record<string, Visit>;
}

export interface Visit {
  count: number;
  at: EpochMs;
  message?: MessageId;
  /** Of a `split`: the name of the way that the run took. */
  way?: string;
  /** Each visit made a task. */
  task?: true;
  /** Why the run did not rest there as it should: its date is missing. */
  warning?: string;
}

/** Decides which way a `wait-for` (or awaiting `task`) is left. Only the next plan commit or a close clears it. */
export interface Claim {
  way: Way;
  /** `timeout`, or the id of the event that resolved it; `decided` at a park; `held`: see `PlannedRest`. */
  by: string;
  output?: unknown;
}

/** How a stop is left: waited out, timed out, resolved by its n-th `for`, or by a task's outcome. */
export type Way =
  | { kind: 'waited' }
  | { kind: 'timeout' }
  | { kind: 'resolved'; index: number }
  | { kind: 'outcome'; outcome: string };

/** What a step decided, committed before it is carried out, replayed by every retry. */
export interface Plan {
  /** The step number that this plan left. */
  n: number;
  /** The instant at which the stop was left: `$$.State.EnteredTime`. */
  at: EpochMs;
  actions: PlannedAction[];
  next: PlannedRest;
  /** Of a plan that only rests again: what updates of the plan that led to the stop set, which the profile may not have heard yet. */
  told?: { at: EpochMs; traits: Record<string, unknown> };
}

export type PlannedAction =
  /** `traits`: those that updates of the same plan set. */
  | { kind: 'send'; node: string; message: MessageId; traits?: Record<string, unknown> }
  | { kind: 'task'; node: string; task: string; queue: string; title: string; outcomes?: string[] }
  /** The run has gone on without it. */
  | { kind: 'close-task'; node: string; task: string }
  /** `version`: the one that is pinned. */
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
  /** `held`: the node is passed, and the run goes on when this message has left its row. */
  | { kind: 'park'; node: string; resumeAt: EpochMs; held?: MessageId }
  | { kind: 'end'; outcome?: string };

/** Body of a message on `enrolments`: start leg `leg` of the run. */
export const EnrolmentMessageSchema = z.object({ entry: z.string(), leg: z.number().int().positive() });
export type EnrolmentMessage = z.infer<typeof EnrolmentMessageSchema>;

/** Body of a message on `stop-executions`: the run was closed, or has left this leg, and an execution may still rest for it. */
export const StopExecutionMessageSchema = z.object({ entry: z.string(), leg: z.number().int().positive().optional() });
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
