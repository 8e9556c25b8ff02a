import * as z from 'zod';
import { DefinitionIdSchema } from '../../core/definition-id.ts';

/** An id in a path that is not that of a definition: of a profile, a message, a task. */
export const TextIdSchema = z
  .string()
  .min(1)
  .max(255)
  .refine((id) => id.isWellFormed(), 'must be text');

/** `{id}` of the routes of one definition. */
export const definitionParams = { id: DefinitionIdSchema };

/** `{id}` and `{occurrence}` of the routes of one sending of a campaign. */
export const occurrenceParams = { id: DefinitionIdSchema, occurrence: z.string().min(1).max(64) };

/** A path's parameters in their order: name, and whether it may hold slashes. */
export const paramsIn = (path: string): { name: string; isGreedy: boolean }[] =>
  [...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name = '', plus]) => ({ name, isGreedy: plus === '+' }));
