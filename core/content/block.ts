import * as z from 'zod';
import { DefinitionIdSchema } from '../definition-id.ts';
import { typedUnion } from '../definitions/keyed-union.ts';
import { expected } from '../expected.ts';
import { lazySchema } from '../lazy-schema.ts';
import { ContentNameSchema } from './schema.ts';

/** Blocks of one template. */
const MAX_BLOCKS = 5;
/** Items of one block. */
const MAX_LIMIT = 20;

/** The value of a trait, or a fixed value. */
type Wanted = { trait: string } | string | number | boolean;
const WantedSchema = lazySchema(() =>
  typedUnion<Wanted>(
    {
      object: z.strictObject({ trait: z.string().min(1).max(255) }),
      string: z.string().min(1).max(255),
      number: z.number(),
      boolean: z.boolean(),
    },
    'must be {"trait": …} or a fixed value',
  ),
);

/** Matched content in a template: items of a kind, chosen for each customer at sending. */
const BlockSchema = lazySchema(() =>
  z
    .strictObject({
      /** The `kind` of the items. */
      kind: DefinitionIdSchema,
      /** Property of the items → the value that they must suit; all of them. Absent: every item of the kind matches. */
      match: z
        .record(
          ContentNameSchema,
          WantedSchema,
          expected('must be values by name, such as {"industry": {"trait": "industry"}}'),
        )
        .default({}),
      limit: z.number().int().min(1).max(MAX_LIMIT),
      atLeast: z.number().int().min(0).max(MAX_LIMIT).default(1),
      /** If fewer than `atLeast` match: filled up with any items of the kind, or dropped. */
      else: z.enum(['any', 'drop']).default('drop'),
    })
    .refine(({ limit, atLeast }) => atLeast <= limit, { path: ['atLeast'], message: 'must not be more than limit' }),
);
export type Block = z.infer<typeof BlockSchema>;

/** Blocks of a template by name: `blocks.<name>` of Liquid. */
export const BlocksSchema = z
  .record(
    ContentNameSchema,
    BlockSchema,
    expected('must be blocks by name, such as {"cases": {"kind": "case", "limit": 3}}'),
  )
  .superRefine((blocks, context) => {
    if (Object.keys(blocks).length > MAX_BLOCKS)
      context.addIssue({ code: 'custom', message: `has more than ${MAX_BLOCKS} blocks` });
  });
