import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';
import { DaySchema } from '../time/local-schemas.ts';
import { chosenUnion } from './keyed-union.ts';

const A_TIME = 'must be a local time HH:mm such as "09:00"';
const LocalTimeSchema = z.string(A_TIME).regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, A_TIME);

/** When marketing messages may be sent: `[from, to)` in the customer's timezone; without `days`, every day. */
const HoursSchema = z
  .tuple([LocalTimeSchema, LocalTimeSchema], { error: 'must be a pair of local times such as ["09:00", "21:00"]' })
  .refine(([from, to]) => from < to, 'must begin before it ends');
const HOURS = 'must be a list of pairs of local times such as [["09:00", "12:00"], ["14:00", "21:00"]]';
/** Pairs that share no minute, in any order. */
export const HoursListSchema = z
  .array(HoursSchema, HOURS)
  .min(1)
  .superRefine((all, context) => {
    for (const [index, [from, to]] of all.entries()) {
      const other = all.slice(0, index).find(([begin, end]) => from < end && begin < to);
      if (other === undefined) continue;
      context.addIssue({ code: 'custom', path: [index], message: `overlaps ${other.join(' to ')}` });
    }
  });
export type Hours = z.infer<typeof HoursListSchema>;
const OpenSchema = lazySchema(() =>
  z.strictObject({
    days: z.array(DaySchema).min(1).optional(),
    hours: HoursListSchema,
    calendar: z.string().optional(),
    otherwise: z.enum(['defer', 'skip']).default('defer'),
  }),
);
const NoneSchema = z.literal('none');
/** A window that is not always open. */
export type OpenWindow = z.infer<typeof OpenSchema>;
export type Window = z.infer<typeof NoneSchema> | OpenWindow;
export const WindowSchema: z.ZodType<Window> = chosenUnion<Window>([NoneSchema, OpenSchema], (value) => {
  if (value === 'none') return NoneSchema;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return OpenSchema;
  return 'must be "none", or a window such as {"days": ["mon", "tue"], "hours": [["09:00", "21:00"]]}';
});
