import type * as z from 'zod';
import type { Scope } from '../comparison.ts';
import type { Evaluation } from '../evaluation.ts';
import type { EvaluationContext, FatigueRule } from '../evaluation-context.ts';
import type { EventRequirement } from '../event-requirement.ts';

/** Ids and names that a condition references, each once, in order. `traits` are top-level names. */
export interface References {
  tags: string[];
  segments: string[];
  traits: string[];
  /** Names of all events that it uses, our own included: the caller needs the timeline, or features. */
  events: string[];
  /** Nodes whose message it uses. */
  messages: string[];
  /** Nodes whose drawn code it uses. */
  coupons: string[];
  templates: string[];
  journeys: string[];
}

/** A condition that contains no others. To add one: add a file like its neighbours, a line in `registry.ts` and one in its `Leaf`. */
export interface Predicate<C> {
  schema(scope: Scope): z.ZodType<C>;
  /** It needs a run; tags and segments have none. */
  journeyOnly?: true;
  evaluate(condition: C, context: EvaluationContext): Evaluation;
  references(condition: C): Partial<References>;
  /** Event requirements of the condition. */
  requirements?(condition: C, fatigue: readonly FatigueRule[]): readonly EventRequirement[];
}

/** Casts the schema to one of `C`: its fields come from a registry, which the compiler cannot follow, and the interface beside it states the type. */
// The one place where a schema's type is asserted.
export const schemaOf = <C>(schema: z.ZodType): z.ZodType<C> => schema as z.ZodType<C>;
