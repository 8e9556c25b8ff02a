import type { EvaluationContext } from '../../conditions/evaluation-context.ts';
import type { JourneyCondition } from '../../conditions/schema.ts';
import type { Pins } from '../../definitions/pins.ts';
import type { EpochMs } from '../../ids.ts';
import type { PlannedAction, Run } from '../../runs/run.ts';

/** A node's way out: `path` is the pointer below the node, `node` where it leads. */
export interface Exit {
  path: string;
  node: string;
  /** Time surely passes before a run that comes to the node leaves it this way: a circle needs such a way. */
  takesTime?: boolean;
  /** Of a node that rests: what takes a run this way, in words. */
  when?: string;
  /** Of a node that rests: taken when its time is over. */
  isTimeout?: boolean;
  /** Of a node that rests: taken on coming to it, without resting. */
  isUnrested?: boolean;
}

/** What a node can do while the walker passes it. It changes only the plan in the making. */
export interface Walk {
  readonly id: string;
  readonly run: Run;
  /** When the walk left its last stop. */
  readonly at: EpochMs;
  readonly now: EpochMs;
  /** Of the run's version. */
  readonly pins: Pins;
  /** What `conditions` ask for, of this instant. */
  context(...conditions: JourneyCondition[]): Promise<EvaluationContext>;
  draw(pool: string): Promise<{ code: string; expiresAt?: EpochMs } | undefined>;
  /** Liquid with the run's data, as text or as a URL whose values are percent-encoded; strict: undefined where a variable is missing. */
  render(text: string, as?: 'text' | 'url'): Promise<string | undefined>;
  /** The same as a JSON value: a number or boolean that stands alone stays one. */
  renderValue(text: string): Promise<unknown>;
  act(action: PlannedAction): void;
  /** Stores a result under the node's id or `as`. */
  store(name: string, value: unknown): void;
}

/** Where a node lets the run go; `way` tells which of several it was: a case's number or `default`, a way's name. */
export type Passed = { next: string; way?: string | number } | { end: { outcome?: string } };
