import * as z from 'zod';
import { DefinitionIdSchema } from '../../definition-id.ts';
import type { Predicate } from './predicate.ts';

/** `{"tag": "sleeping"}`: the profile has the tag. */
export interface TagCondition {
  tag: string;
}

export const tag: Predicate<TagCondition> = {
  schema: () => z.strictObject({ tag: DefinitionIdSchema }),
  evaluate: (condition, context) => context.tag(condition.tag),
  references: (condition) => ({ tags: [condition.tag] }),
};
