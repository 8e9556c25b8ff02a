import * as z from 'zod';
import { LiteralSchema } from '../conditions/operators/literal.ts';
import { DefinitionIdSchema } from '../definition-id.ts';
import { expected } from '../expected.ts';
import { lazySchema } from '../lazy-schema.ts';
import { parseInstant } from '../time/instant.ts';

/** JSON of an item's fields: with 100 items of a kind, a sender reads at most 800 KB for it. */
const MAX_FIELDS_BYTES = 8 * 1024;
const MAX_FIELDS = 50;
/** Properties that a kind is matched by, and values of one. */
const MAX_MATCH_KEYS = 10;
const MAX_MATCH_VALUES = 100;
const MAX_VALUE_CHARACTERS = 255;
const MAX_NAME_CHARACTERS = 64;

/** Items of one kind: what a template shows is chosen among all of them at each sending. */
export const MAX_ITEMS_OF_KIND = 100;
/** All items: each has a line in the live rules. */
export const MAX_ITEMS = 1_000;

/** Name of a field, or of a property that items are matched by. */
export const ContentNameSchema = z
  .string()
  .regex(/^[A-Za-z_][\w-]*$/, 'must be letters, digits, _ and -, not beginning with a digit or -')
  .max(MAX_NAME_CHARACTERS);

const refuseMore =
  (most: number, what: string) =>
  (value: object, context: z.RefinementCtx): void => {
    if (Object.keys(value).length > most)
      context.addIssue({ code: 'custom', message: `has more than ${most} ${what}` });
  };

const MatchValueSchema = LiteralSchema.refine(
  (value) => typeof value !== 'string' || (value !== '' && value.length <= MAX_VALUE_CHARACTERS),
  `must have 1 to ${MAX_VALUE_CHARACTERS} characters`,
);
const FieldSchema = lazySchema(() =>
  z.union([LiteralSchema, z.array(LiteralSchema)], {
    error: 'must be a text, a number, true, false, or a list of those',
  }),
);

/** `PUT /v1/content/{id}`: one case, article or product among its kind. */
export const ContentItemSchema = lazySchema(() =>
  z.strictObject({
    /** The name by which templates ask for such items. */
    kind: DefinitionIdSchema,
    /** Property → the values that the item suits. */
    match: z
      .record(
        ContentNameSchema,
        z.array(MatchValueSchema).min(1).max(MAX_MATCH_VALUES),
        expected('must be lists of values by name, such as {"industry": ["retail"]}'),
      )
      .superRefine(refuseMore(MAX_MATCH_KEYS, 'names'))
      .default({}),
    /** The values that templates show. */
    fields: z
      .record(ContentNameSchema, FieldSchema, expected('must be values by name, such as {"title": "…"}'))
      .superRefine(refuseMore(MAX_FIELDS, 'fields'))
      .refine(
        (fields) => Buffer.byteLength(JSON.stringify(fields)) <= MAX_FIELDS_BYTES,
        `has more than ${MAX_FIELDS_BYTES / 1024} KB as JSON`,
      ),
    /** From this instant on it is no longer shown. */
    until: z
      .string()
      .refine((text) => parseInstant(text) !== undefined, 'must be an instant, such as "2026-12-31T16:00:00.000Z"')
      .optional(),
  }),
);
export type ContentItem = z.infer<typeof ContentItemSchema>;
