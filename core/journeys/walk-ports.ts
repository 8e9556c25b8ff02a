import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import type { Pins } from '../definitions/pins.ts';
import type { EpochMs } from '../ids.ts';
import type { Plan, PlannedAction, Run, Way } from '../runs/run.ts';
import type { RenderAs } from '../templates/render.ts';
import type { Passed } from './nodes/node-walk.ts';
import type { PendingUpdates } from './pending-updates.ts';
import type { Journey } from './schema.ts';

/** Start of the walk: the journey's start, an exit of a stop, or a node that could not be passed before. */
export type WalkStart =
  | { kind: 'start' }
  | { kind: 'stop'; node: string; way: Way; output?: unknown /** Id of the event that resolved it. */; by?: string }
  | { kind: 'node'; node: string /** The stop that it was at. */; left?: string };

/** Data that conditions on the way need beside the profile. */
export interface DataRequirements {
  /** Names of events. */
  events: string[];
  /** Nodes whose messages are asked for. */
  messages: string[];
  /** Nodes whose coupons are asked for. */
  coupons: string[];
  /** Journeys whose runs are asked for. */
  journeys: string[];
}

export interface WalkInput {
  journey: Journey;
  id: string;
  version: number;
  pins: Pins;
  run: Run;
  from: WalkStart;
  /** The step number that this plan leaves. */
  n: number;
  /** When the stop was left. */
  at: EpochMs;
  now: EpochMs;
}

export interface WalkPorts {
  /** Returns the context at this instant, for the run in its state on the way. */
  context(needs: DataRequirements, run: Run, pending: PendingUpdates): Promise<EvaluationContext>;
  /** Draws the same code for every executor that walks this visit. */
  draw(
    pool: string,
    node: string,
    visit: number,
  ): Promise<{ code: string; index: number; expiresAt?: EpochMs } | undefined>;
  render(text: string, run: Run, pending: PendingUpdates, as: RenderAs): Promise<unknown>;
  /** Is called with every step of the walk, in order: for a simulation's timeline. */
  trace?(step: TracedStep): void;
  /**
   * Returns when to check again whether the message of a `send` has left, if it will be held (its channel is paused) or deferred (its window is
   * closed); undefined: neither. `until`: when it will be sent to the gate again, if that is known.
   */
  rests?(node: string, run: Run): Promise<{ resumeAt: EpochMs; until?: EpochMs } | undefined>;
}

/** One step of a walk, with the run after it and its part of the plan. */
export interface TracedStep {
  node: string;
  run: Run;
  did: { left: Way; by?: string } | { passed: Passed } | { rested: EpochMs } | { held: EpochMs };
  actions: readonly PlannedAction[];
}

export interface Walked {
  plan: Plan;
  data: Run['data'];
  visits: Run['visits'];
  /** The nodes in order, starting with the one that was left; for reports. */
  way: Step[];
}

/** A step from a node (absent: from outside) to another; `way` is the way taken of a split. */
export interface Step {
  from?: string;
  to: string;
  way?: string;
}
