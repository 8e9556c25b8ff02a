import * as z from 'zod';
import type { CairnEvent } from '../events/event.ts';
import {
  type Comparison,
  type Lookup,
  PathSchema,
  passes,
  propertySchema,
  type Scope,
  traitsOf,
} from './comparison.ts';
import type { Literal } from './operators/literal.ts';
import { valuesAt } from './paths.ts';

/** Property path (or `@context.<path>`) → comparison; all must hold. A literal alone means `eq`. */
export type Where = Record<string, Literal | Comparison>;

const CONTEXT = '@context.';

const NO_PATH = 'must be a path into the properties, or "@context." and a path into the context';

const isPropertyPath = (path: string): boolean =>
  path.startsWith('@') ? path.startsWith(CONTEXT) && path.length > CONTEXT.length : path !== '';

/** Path of a property, or of the event's context. */
export const PropertyPathSchema = PathSchema.refine(isPropertyPath, NO_PATH);

export const whereSchema = (scope: Scope): z.ZodType<Where> =>
  z.record(z.string(), propertySchema(scope)).superRefine((where, context) => {
    for (const path of Object.keys(where)) {
      if (!isPropertyPath(path)) context.addIssue({ code: 'custom', path: [path], message: NO_PATH });
    }
  });

/** The values of an event at a property path. */
export const propertyValues = (event: CairnEvent, path: string): unknown[] =>
  path.startsWith(CONTEXT) ? valuesAt(event.context, path.slice(CONTEXT.length)) : valuesAt(event.properties, path);

const comparisonOf = (wanted: Literal | Comparison): Comparison =>
  typeof wanted === 'object' ? wanted : { eq: wanted };

/** Returns whether the event matches. `lookup` is needed only if operands reference traits or data. */
export function matchesWhere(where: Where | undefined, event: CairnEvent, lookup?: Lookup): boolean {
  for (const path in where) {
    const wanted = where[path];
    if (wanted !== undefined && !passes(propertyValues(event, path), comparisonOf(wanted), lookup)) return false;
  }
  return true;
}

/** Returns the same value for the same meaning: literals written as `eq`, paths in order. */
export const canonicalWhere = (where: Where): Where =>
  Object.fromEntries(
    Object.entries(where)
      .map(([path, wanted]): [string, Comparison] => [path, comparisonOf(wanted)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Top-level traits that operands refer to. */
export const traitsOfWhere = (where: Where | undefined): string[] =>
  Object.values(where ?? {}).flatMap((wanted) => (typeof wanted === 'object' ? traitsOf(wanted) : []));
