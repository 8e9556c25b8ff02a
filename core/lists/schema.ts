import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';

const text = lazySchema(() => z.string().min(1, 'must not be empty').max(200));

/** `PUT /v1/lists/{id}`: a list of customers, maintained by hand; its members are stored separately. */
export const ListSchema = lazySchema(() =>
  z.strictObject({
    name: text,
    /** Person or team in charge. */
    owner: text.optional(),
    /** Purpose of the list, for people. */
    use: z.string().min(1).optional(),
  }),
);
export type List = z.infer<typeof ListSchema>;
