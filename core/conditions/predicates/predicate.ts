import type * as z from 'zod';
import type { Scope } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import type { EvaluationContext, FatigueRule } from '../evaluation-context.ts';
import type { EventRequirement } from '../event-requirement.ts';

/** Ids and names that a condition names, each once, in order. `traits` are top-level names. */
export interface References {
  tags: string[];
  segments: string[];
  traits: string[];
  /** Names of all events that it looks at, our own among them: whoever evaluates needs the timeline, or features. */
  events: string[];
  /** Nodes whose message is asked for. */
  messages: string[];
  /** Nodes whose drawn code is asked for. */
  coupons: string[];
  templates: string[];
  journeys: string[];
}

/** A condition that holds no other. A new one: a file like its neighbours, a line in `registry.ts` and one in its `Leaf`. */
export interface Predicate<C> {
  schema(scope: Scope): z.ZodType<C>;
  /** It asks of a run; tags and segments have none. */
  journeyOnly?: true;
  evaluate(condition: C, context: EvaluationContext): Evaluation;
  references(condition: C): Partial<References>;
  /** What has to be kept of events for it. */
  needs?(condition: C, fatigue: readonly FatigueRule[]): readonly EventRequirement[];
}

/**
 * The schema as one of `C`: where fields come from a registry, the compiler cannot see what it gives, and the interface beside it
 * says so.
 */
// The one place where a schema is believed.
export const schemaOf = <C>(schema: z.ZodType): z.ZodType<C> => schema as z.ZodType<C>;
