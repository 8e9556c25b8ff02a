import * as z from 'zod';

const value = z.string().trim().min(1).max(100);

/** Parameters by which web analytics recognise a visit's origin; added to counted links as `utm_source` and so on. */
export const UtmSchema = z.strictObject({
  source: value.optional(),
  medium: value.optional(),
  campaign: value.optional(),
});
export type Utm = z.infer<typeof UtmSchema>;
