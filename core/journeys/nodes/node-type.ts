import type * as z from 'zod';
import type { JourneyCondition } from '../../conditions/schema.ts';
import type { Way } from '../../runs/run.ts';
import type { Rest } from '../wait-until.ts';
import type { Exit, Passed, Walk } from './passing.ts';

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
