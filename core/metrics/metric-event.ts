import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';
import { GenerationsSchema } from '../messages/message.ts';
import { STANDINGS } from '../messages/standing.ts';

/** Dimensions by which metric events are grouped. The hour is that of `at` or `sentAt`. */
export const DimensionsSchema = lazySchema(() =>
  z.object({
    channel: ChannelSchema.optional(),
    template: z.string().optional(),
    journey: z.string().optional(),
    campaign: z.string().optional(),
    occurrence: z.string().optional(),
    variant: z.string().optional(),
    node: z.string().optional(),
    /** Version of the journey or campaign. */
    version: z.int().optional(),
    /** For events about neither messages nor runs: `ingestion`. */
    area: z.string().optional(),
  }),
);
export type Dimensions = z.infer<typeof DimensionsSchema>;

/** Tags, segments and traits of a message's recipient when it was sent or refused. `traits`: those of `settings.reportTraits`. */
export const AudienceSchema = lazySchema(() =>
  z.object({ tags: z.array(z.string()), segments: z.array(z.string()), traits: z.record(z.string(), z.string()) }),
);
export type Audience = z.infer<typeof AudienceSchema>;

/**
 * Something happened to a message, to a run, to a run at a node, to a profile, or to a customer's order; `record-metrics` counts it, and it is one row
 * of the data lake. It is published by the writer whose conditional write decided that it is new.
 */
export const MetricEventSchema = lazySchema(() =>
  z.object({
    /** Its identity in the data lake: of two with one id, one is a row. Absent: `once`, else its place on the queue. */
    id: z.string().optional(),
    /** If several executors may send it, as every retry sends a run's end: of those with the same mark, the first counts. */
    once: z.string().optional(),
    at: z.number(),
    /** When the message's row was written, if that was on another day (UTC). */
    recordedAt: z.number().optional(),
    /** When the message that it is about was sent: the cohort that rates are taken of. Absent where none was. */
    sentAt: z.number().optional(),
    of: z.enum(['message', 'run', 'node', 'profile', 'order', 'event']),
    /** `sent`, `suppressed`, `entered`, `outcome` … */
    metric: z.string(),
    /** What a message that `left` counted as before. */
    standing: z.enum(STANDINGS).optional(),
    /** Which of them: a reason, an outcome, a way, the next node. */
    detail: z.string().optional(),
    /** Made by a machine: counted beside what people do. */
    machine: z.boolean().optional(),
    /** Whether an open or a click is the first sign of interest in its message, since it was last sent. */
    interest: z.enum(['first', 'again']).optional(),
    /** A message that was sent or clicked has no counted link, so that nobody can click it. */
    unlinked: z.boolean().optional(),
    generations: GenerationsSchema.optional(),
    dimensions: DimensionsSchema,
    /** Whom it is about, by the key that its writer knew. */
    profile: z.string().optional(),
    message: z.string().optional(),
    /** The entry. */
    run: z.string().optional(),
    /** Hour of the week in the recipient's timezone at which a message was sent: 0–167; 0 is Monday from midnight. */
    localHour: z.int().min(0).max(167).optional(),
    /** Only a message that was sent, suppressed or failed has one. */
    audience: AudienceSchema.optional(),
    /** Cost of a message that was sent, in millionths of the major unit of the settings' currency. */
    cost: z.int().optional(),
    /** Amount of an order or of revenue, in minor units of `currency`; a refund's is negative. */
    amount: z.int().optional(),
    currency: z.string().optional(),
    /** Key of the order that brought it. */
    order: z.string().optional(),
    /** Name of the customer's event that says it. */
    event: z.string().optional(),
    /** Property of that event whose value `detail` is. */
    property: z.string().optional(),
  }),
);
export type MetricEvent = z.infer<typeof MetricEventSchema>;

/** Counters of a scope and day (UTC) that are to be added to. `expiresAt` in epoch seconds; absent: they are kept. */
export const SumSchema = lazySchema(() =>
  z.object({
    scope: z.string(),
    day: z.string(),
    /** Whole numbers, of money perhaps beyond those that are exact. */
    counts: z.record(z.string(), z.number()),
    expiresAt: z.int().optional(),
    /** When a late fact corrected it. */
    revisedAt: z.int().optional(),
  }),
);
export type Sum = z.infer<typeof SumSchema>;

/** Body of a message on `metric-events`, which the queue may deliver again: of two with one id, the first counts. */
export const MetricEventsMessageSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    metricEvents: z.array(MetricEventSchema),
    /** Sums that were counted already and could not be written: added as they are. */
    sums: z.array(SumSchema).optional(),
  }),
);
export type MetricEventsMessage = z.infer<typeof MetricEventsMessageSchema>;
