import * as z from 'zod';
import { expected } from '../expected.ts';
import { lazySchema } from '../lazy-schema.ts';
import { isDate } from '../time/local.ts';
import { RATES } from './rates.ts';

const A_DAY = 'must be a day such as "2027-03-31"';
export const DaySchema = lazySchema(() => z.string(A_DAY).refine(isDate, A_DAY));
const A_MONTH = 'must be a month such as "2026-09"';
const MonthSchema = lazySchema(() => z.string(A_MONTH).refine((text) => isDate(`${text}-01`), A_MONTH));
/** A month, or the figure itself where it is known from elsewhere. */
export const BaselineSchema = lazySchema(() => z.union([MonthSchema, z.number().positive('must be over 0')]));
const change = () => z.number().min(-1).max(100);
/** 0.15 is 15 %. */
export const ChangeSchema = lazySchema(() => change().refine((value) => value !== 0, 'must not be 0'));
export const share = () => z.number().gt(0, 'must be over 0').max(1, 'must be 1 or less: it is a share');
/** By when, and who answers for it. */
export const promise = () => ({ by: DaySchema.optional(), owner: z.string().min(1).max(200).optional() });
/** `change`: by how much it is to be another than the baseline; absent: it is to be no worse. */
export const rateFields = () => ({
  rate: z.enum(RATES),
  change: change().optional(),
  baseline: z.union([MonthSchema, share()]),
});
export const idOf = (what: string) => z.string(`must be the id of a ${what}`).min(1).max(63);

/** The tag that those must have had whose share is asked for. */
export const HadTagSchema = lazySchema(() => z.strictObject({ tag: idOf('tag') }, expected('must be {"tag": "mql"}')));
