import * as z from 'zod';
import { DefinitionIdSchema } from '../../definition-id.ts';
import type { Predicate } from './predicate.ts';

/** `{"segment": "vip"}`: the profile is in the segment. Refused in tags. */
export interface SegmentCondition {
  segment: string;
}

export const segment: Predicate<SegmentCondition> = {
  schema: () => z.strictObject({ segment: DefinitionIdSchema }),
  evaluate: (condition, context) => context.segment(condition.segment),
  references: (condition) => ({ segments: [condition.segment] }),
};
