import * as z from 'zod';
import { ADDRESSED_CHANNELS, type Addresses, type Channel, ChannelSchema, kindOf } from '../channels/registry.ts';
import { DefinitionIdSchema } from '../definition-id.ts';
import { keyedUnion } from '../definitions/keyed-union.ts';
import { isConsentKey } from '../events/consent-key.ts';
import { lazySchema } from '../lazy-schema.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { parseInstant } from '../time/instant.ts';
import { isTimezone } from '../time/local.ts';

/** Most events of one simulation. */
export const MAX_EVENTS = 1_000;
const LONGEST = '400d';
export const DEFAULT_UNTIL = '30d';

const name = z.string().min(1).max(255);
const record = lazySchema(() => z.record(z.string(), z.unknown()));
const InstantSchema = z.string().refine((text) => parseInstant(text) !== undefined, 'must be an ISO 8601 instant');

const GrantSchema = lazySchema(() =>
  z.union([z.boolean(), z.object({ granted: z.boolean().optional() })], {
    error: 'must be true, false or {"granted": true}',
  }),
);
const ConsentSchema = lazySchema(() =>
  z.union(
    [z.boolean(), z.object({ granted: z.boolean().optional(), topics: z.record(z.string(), GrantSchema).optional() })],
    { error: 'must be true, false or {"granted": true, "topics"?: {…}}' },
  ),
);
const AddressSchema = lazySchema(() =>
  z.strictObject({
    value: z.string().min(1),
    status: z.enum(['ok', 'bad', 'suppressed']).default('ok'),
  }),
);

type Asked<Held> = Held extends (infer One)[] ? Omit<One, 'at'>[] : Held;
/** Most addresses of one customer on one channel. */
const MAX_ADDRESSES = 10;

const addressSchemaOf = (channel: Channel): z.ZodType => {
  const { shape, fields = {} } = kindOf(channel).address;
  return shape === 'many' ? z.array(AddressSchema.unwrap().extend(fields)).max(MAX_ADDRESSES) : AddressSchema;
};
const ADDRESSES_SHAPE = Object.fromEntries(
  ADDRESSED_CHANNELS.map((channel) => [channel, addressSchemaOf(channel).optional()]),
) as unknown as { [C in keyof Addresses]-?: z.ZodOptional<z.ZodType<Asked<Addresses[C]>>> }; // as the loop makes it

/** Receipts that can be simulated for a message. Statuses that result from the sending itself are computed, not given. */
const RECEIPTS = ['delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed'] as const;

/** A synthetic customer, in the form in which `GET /v1/profiles/{id}` would show them. */
const SyntheticProfileSchema = lazySchema(() =>
  z.strictObject({
    traits: record.optional(),
    timezone: z.string().refine(isTimezone, 'must be an IANA timezone').optional(),
    locale: z.string().min(1).max(35).optional(),
    /** `{"sms": true, "sms:offers": false}`, or as a profile shows it. */
    consent: z
      .record(z.string().refine(isConsentKey, 'must be a channel, or a channel and a topic'), ConsentSchema)
      .optional(),
    /** Tags that are on, whatever their rules would evaluate to; `segment:<id>` for segments. */
    tags: z.array(name).max(200).optional(),
    /** Earlier marketing messages: caps count them, and conditions see them like real ones. */
    sends: z
      .array(
        z.strictObject({
          ago: DurationSchema,
          channel: ChannelSchema,
          topic: z.string().optional(),
          template: DefinitionIdSchema.optional().describe('absent: one that no condition asks for'),
          journey: z.string().optional(),
          node: z.string().optional(),
          was: z
            .enum(RECEIPTS)
            .optional()
            .describe('what became of it, at the same instant; absent: no more than sent'),
        }),
      )
      .max(1_000)
      .optional(),
    /** Beside what the traits say. Who consents to a channel of several addresses (push) and has none of them is given one. */
    addresses: z.strictObject(ADDRESSES_SHAPE).optional(),
  }),
);
export type SyntheticProfile = z.infer<typeof SyntheticProfileSchema>;

const after = DurationSchema;
const eventShapes = {
  event: z.strictObject({
    after,
    event: name.refine((text) => !text.startsWith('@'), 'names that begin with @ are reserved'),
    properties: record.optional(),
    context: record.optional(),
  }),
  message: z.strictObject({ after, message: name, was: z.enum(RECEIPTS) }),
  task: z.strictObject({ after, task: name, outcome: name }),
  traits: z.strictObject({ after, traits: record }),
};
export type SimulatedEvent = {
  [Kind in keyof typeof eventShapes]: z.infer<(typeof eventShapes)[Kind]>;
}[keyof typeof eventShapes];
const SimulatedEventSchema: z.ZodType<SimulatedEvent> = keyedUnion<SimulatedEvent>(eventShapes, 'a simulated event');

/** Start of the run: the journey's entry event with these properties, or (`data`, `key`) an API call. */
const TriggerSchema = z.strictObject({
  /** Name of the entry event; optional. */
  event: name.optional(),
  properties: record.optional(),
  data: record.optional(),
  key: z.string().max(255).optional(),
});

/** Body of `POST /v1/journeys/{id}/simulate`. */
export const SimulationSchema = lazySchema(() =>
  z
    .strictObject({
      profileId: z.string().min(1).optional(),
      profile: SyntheticProfileSchema.optional(),
      /** Absent: now. */
      at: InstantSchema.optional(),
      /** Absent: an entry event of its own, unless `events` has one. */
      trigger: TriggerSchema.optional(),
      events: z.array(SimulatedEventSchema).max(MAX_EVENTS, `at most ${MAX_EVENTS} events`).default([]),
      until: DurationSchema.default(DEFAULT_UNTIL).refine(
        // An invalid duration already has its own error message.
        (text) => !DurationSchema.safeParse(text).success || durationMs(text) <= durationMs(LONGEST),
        `must be at most ${LONGEST}`,
      ),
    })
    .superRefine((body, context) => {
      if ((body.profileId === undefined) === (body.profile === undefined))
        context.addIssue({ code: 'custom', path: ['profileId'], message: 'needs either profileId or profile' });
    }),
);
export type Simulation = z.output<typeof SimulationSchema>;
