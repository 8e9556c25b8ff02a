import * as z from 'zod';
import { type Condition, ConditionSchema } from '../conditions/schema.ts';
import { placedLeaves } from '../conditions/tree.ts';
import { lazySchema } from '../lazy-schema.ts';
import { isDate } from '../time/calendar.ts';

const name = z.string().min(1, 'must not be empty').max(200);

/** `PUT /v1/tags/{id}`. Without `if` it is set by hand, by the API or by journeys. */
export const TagSchema = lazySchema(() =>
  z.strictObject({
    name,
    layer: z.enum(['base', 'behaviour', 'predictive']).optional(),
    /** Person or team in charge. */
    owner: z.string().min(1).optional(),
    /** Purpose of the tag, for people. */
    use: z.string().min(1).optional(),
    /** Day by which somebody reviews whether the tag is still needed. */
    reviewBy: z.string().refine(isDate, 'must be a date, YYYY-MM-DD').optional(),
    if: ConditionSchema.superRefine(refuseSegments).optional(),
  }),
);
export type TagDefinition = z.infer<typeof TagSchema>;

/** `PUT /v1/segments/{id}`. A segment may use tags and other segments. */
export const SegmentSchema = z.strictObject({ name, if: ConditionSchema });
export type SegmentDefinition = z.infer<typeof SegmentSchema>;

function refuseSegments(condition: Condition, context: z.RefinementCtx): void {
  for (const { leaf, path } of placedLeaves(condition)) {
    if ('segment' in leaf)
      context.addIssue({ code: 'custom', path: [...path, 'segment'], message: 'a tag may not use a segment' });
  }
}
