import type * as z from 'zod';
import type { Pins } from '../../catalog/snapshot.ts';
import type { EvaluationContext } from '../../conditions/evaluation-context.ts';
import type { JourneyCondition } from '../../conditions/schema.ts';
import type { EpochMs } from '../../ids.ts';
import type { PlannedAction, Run, Way } from '../../runs/run.ts';
import type { Rest } from '../wait-until.ts';

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

/** What a journey can say of one type of node, and what it does: all of it in one file a type. */
export interface NodeType<Node> {
  /** What it does, in one sentence: in the OpenAPI document and in `docs/journeys.md`. */
  about: string;
  schema: z.ZodType<Node>;
  exits(node: Node): Exit[];
  /** A place where a run rests: by the clock alone, or also for an event. */
  rests?(node: Node): 'clock' | 'event' | undefined;
  /** What is done on the way: on passing, and on coming to rest. */
  arrive?(node: Node, id: string, walk: Walk): Promise<void>;
  /** Of what does not rest. */
  pass?(node: Node, id: string, walk: Walk): Promise<Passed>;
  /** Of what rests: how long at most, and which way out. */
  rest?(node: Node): Rest;
  leave?(node: Node, id: string, way: Way, output: unknown, walk: Pick<Walk, 'run' | 'act' | 'store'>): string;
  conditions?(node: Node): { path: string; condition: JourneyCondition }[];
  /** Its strings that are Liquid. */
  texts?(node: Node): { path: string; text: string }[];
}
