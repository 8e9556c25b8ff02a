import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';
import { PositiveDurationSchema } from '../time/duration.ts';

/** `PUT /v1/coupon-pools/{id}`. Codes are added by `POST …/codes`. */
export const CouponPoolSchema = lazySchema(() =>
  z.strictObject({
    name: z.string().min(1).max(200),
    /** How long a code is valid after it was drawn. */
    validFor: PositiveDurationSchema.optional(),
    /** For people and templates to read. */
    terms: z.record(z.string(), z.unknown()).optional(),
    /** Events that redeem a code, and the property that contains it. */
    redeemedBy: z
      .array(z.strictObject({ event: z.string().min(1), code: z.string().min(1) }))
      .max(20)
      .optional(),
  }),
);
export type CouponPool = z.infer<typeof CouponPoolSchema>;
