import * as z from 'zod';
import { ChannelSchema } from '../channels.ts';
import { DefinitionIdSchema } from '../definitions/id.ts';
import { keyedUnion } from '../definitions/keyed-union.ts';
import { isConsentKey } from '../events/consent-key.ts';
import { DurationSchema, durationMs } from '../time/duration.ts';
import { parseInstant } from '../time/instant.ts';
import { isTimezone } from '../time/local.ts';

/** Of one simulation. */
export const MAX_EVENTS = 1_000;
const LONGEST = '400d';
export const DEFAULT_UNTIL = '30d';

const name = z.string().min(1).max(255);
const record = z.record(z.string(), z.unknown());
const InstantSchema = z.string().refine((text) => parseInstant(text) !== undefined, 'must be an ISO 8601 instant');

const GrantSchema = z.union([z.boolean(), z.object({ granted: z.boolean().optional() })], {
  error: 'must be true, false or {"granted": true}',
});
const ConsentSchema = z.union(
  [z.boolean(), z.object({ granted: z.boolean().optional(), topics: z.record(z.string(), GrantSchema).optional() })],
  { error: 'must be true, false or {"granted": true, "topics"?: {…}}' },
);
const AddressSchema = z.strictObject({
  value: z.string().min(1),
  status: z.enum(['ok', 'bad', 'suppressed']).default('ok'),
});

/** What can be imagined of a message; what it becomes by the sending itself is not imagined, but found out. */
const RECEIPTS = ['delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed'] as const;

/** Somebody who need not exist, as `GET /v1/profiles/{id}` would show him. */
const ImaginedProfileSchema = z.strictObject({
  traits: record.optional(),
  timezone: z.string().refine(isTimezone, 'must be an IANA timezone').optional(),
  locale: z.string().min(1).max(35).optional(),
  /** `{"sms": true, "sms:offers": false}`, or as a profile shows it. */
  consent: z
    .record(z.string().refine(isConsentKey, 'must be a channel, or a channel and a topic'), ConsentSchema)
    .optional(),
  /** On, whatever a rule would say of them; `segment:<id>` for segments. */
  tags: z.array(name).max(200).optional(),
  /** Marketing messages had before: caps count them, and conditions see them as they see real ones. */
  sends: z
    .array(
      z.strictObject({
        ago: DurationSchema,
        channel: ChannelSchema,
        topic: z.string().optional(),
        template: DefinitionIdSchema.optional().describe('absent: one that no condition asks for'),
        journey: z.string().optional(),
        node: z.string().optional(),
        was: z.enum(RECEIPTS).optional().describe('what became of it, at the same instant; absent: no more than sent'),
      }),
    )
    .max(1_000)
    .optional(),
  /** Beside what the traits `email` and `phone` say. Without `push` one who consents to push has a device. */
  addresses: z
    .strictObject({
      email: AddressSchema.optional(),
      sms: AddressSchema.optional(),
      push: z
        .array(AddressSchema.extend({ platform: z.enum(['ios', 'android', 'huawei', 'baidu']).default('ios') }))
        .max(10)
        .optional(),
    })
    .optional(),
});
export type ImaginedProfile = z.infer<typeof ImaginedProfileSchema>;

const after = DurationSchema;
const imagined = {
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
export type ImaginedEvent = {
  [Kind in keyof typeof imagined]: z.infer<(typeof imagined)[Kind]>;
}[keyof typeof imagined];
const ImaginedEventSchema: z.ZodType<ImaginedEvent> = keyedUnion<ImaginedEvent>(imagined, 'an imagined event');

/** How the run begins: by the journey's entry event with these properties, or (`data`, `key`) by the API. */
const TriggerSchema = z.strictObject({
  /** Name of the entry event, where one wants to say it. */
  event: name.optional(),
  properties: record.optional(),
  data: record.optional(),
  key: z.string().max(255).optional(),
});

/** Body of `POST /v1/journeys/{id}/simulate`. */
export const SimulationSchema = z
  .strictObject({
    profileId: z.string().min(1).optional(),
    profile: ImaginedProfileSchema.optional(),
    /** Absent: now. */
    at: InstantSchema.optional(),
    /** Absent: by an entry event of its own, unless `events` has one. */
    trigger: TriggerSchema.optional(),
    events: z.array(ImaginedEventSchema).max(MAX_EVENTS, `at most ${MAX_EVENTS} events`).default([]),
    until: DurationSchema.default(DEFAULT_UNTIL).refine(
      // What is no duration has been refused by its own message.
      (text) => !DurationSchema.safeParse(text).success || durationMs(text) <= durationMs(LONGEST),
      `must be at most ${LONGEST}`,
    ),
  })
  .superRefine((body, context) => {
    if ((body.profileId === undefined) === (body.profile === undefined))
      context.addIssue({ code: 'custom', path: ['profileId'], message: 'needs either profileId or profile' });
  });
export type Simulation = z.output<typeof SimulationSchema>;
