import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';

const A_CURRENCY = 'must be an ISO 4217 currency such as "CNY"';
export const CurrencySchema = z.string(A_CURRENCY).regex(/^[A-Z]{3}$/, A_CURRENCY);

/** An event that brings or takes back money, and the property that holds the amount. */
const AmountOfSchema = z.strictObject({ event: z.string().min(1).max(255), of: z.string().min(1).max(255) });

/** What orders bring and messages cost, in major units of one currency. */
export const MoneySchema = lazySchema(() =>
  z.strictObject({
    currency: CurrencySchema.default('CNY'),
    revenue: z
      .array(AmountOfSchema)
      .max(20)
      .default([{ event: 'Order Completed', of: 'total' }]),
    refunds: z
      .array(AmountOfSchema)
      .max(20)
      .default([{ event: 'Order Refunded', of: 'total' }]),
    /** Cost of a message on each channel; of SMS for each segment. */
    costs: z.partialRecord(ChannelSchema, z.number().min(0).max(1_000)).default({}),
  }),
);
