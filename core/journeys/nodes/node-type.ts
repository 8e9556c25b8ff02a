import type * as z from 'zod';
import type { JourneyCondition } from '../../conditions/schema.ts';
import type { Way } from '../../runs/run.ts';
import type { Rest } from '../wait-until.ts';
import type { NodeExit, Passed, Walk } from './node-walk.ts';

/** A node type: its schema and its behaviour. Each type has one file. */
export interface NodeType<Node> {
  /** Describes the node in one sentence, for the OpenAPI document and `docs/journeys.md`. */
  about: string;
  schema: z.ZodType<Node>;
  exits(node: Node): NodeExit[];
  /** How a run rests at the node: by the clock alone, or also for an event. Undefined: it does not rest. */
  rests?(node: Node): 'clock' | 'event' | undefined;
  /** Runs when a run arrives at the node, whether it passes or rests. */
  arrive?(node: Node, id: string, walk: Walk): Promise<void>;
  /** Only of a node that does not rest: returns the way out. */
  pass?(node: Node, id: string, walk: Walk): Promise<Passed>;
  /** Only of a node that rests: returns its longest rest, and `leave` the way out. */
  rest?(node: Node): Rest;
  leave?(node: Node, id: string, way: Way, output: unknown, walk: Pick<Walk, 'run' | 'act' | 'store'>): string;
  conditions?(node: Node): { path: string; condition: JourneyCondition }[];
  /** The node's strings that are Liquid. */
  texts?(node: Node): { path: string; text: string }[];
}
