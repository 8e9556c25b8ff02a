import type { EvaluationContext } from '../../conditions/evaluation-context.ts';
import type { JourneyCondition } from '../../conditions/schema.ts';
import type { Pins } from '../../definitions/pins.ts';
import type { EpochMs } from '../../ids.ts';
import type { PlannedAction, Run } from '../../runs/run.ts';

/** A node's exit: `path` is the pointer below the node, `node` the next node. */
export interface NodeExit {
  path: string;
  node: string;
  /** Whether a run certainly spends time at the node before it takes this exit: every loop needs such an exit. */
  takesTime?: boolean;
  /** Only of a node that rests: says in words when a run takes this exit. */
  when?: string;
  /** Only of a node that rests: the run takes this exit when its time is over. */
  isTimeout?: boolean;
  /** Only of a node that rests: the run takes this exit on arrival, without a rest. */
  isOnArrival?: boolean;
}

/** Functions that a node can call while the walker passes it. They change only the plan that is being made. */
export interface Walk {
  readonly id: string;
  readonly run: Run;
  /** When the walk left its last stop. */
  readonly at: EpochMs;
  readonly now: EpochMs;
  /** Pins of the run's version. */
  readonly pins: Pins;
  /** Returns the context that `conditions` need, at this instant. */
  context(...conditions: JourneyCondition[]): Promise<EvaluationContext>;
  draw(pool: string): Promise<{ code: string; expiresAt?: EpochMs } | undefined>;
  /** Renders Liquid with the run's data, as text or as a URL with percent-encoded values. Strict: returns undefined if a variable is missing. */
  render(text: string, as?: 'text' | 'url'): Promise<string | undefined>;
  /** Renders Liquid to a JSON value: a single number or boolean keeps its type. */
  renderValue(text: string): Promise<unknown>;
  act(action: PlannedAction): void;
  /** Stores a result under the node's id or `as`. */
  store(name: string, value: unknown): void;
}

/** The node's exit; `way` names it if there are several: a case's number or `default`, or a way's name. */
export type Passed = { next: string; way?: string | number } | { end: { outcome?: string } };
