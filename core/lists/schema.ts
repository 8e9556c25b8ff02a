import * as z from 'zod';

const text = z.string().min(1, 'must not be empty').max(200);

/** `PUT /v1/lists/{id}`: customers who were put together by hand; the members are beside it. */
export const ListSchema = z.strictObject({
  name: text,
  /** Who answers for it. */
  owner: text.optional(),
  /** What it is for. */
  use: z.string().min(1).optional(),
});
export type List = z.infer<typeof ListSchema>;
