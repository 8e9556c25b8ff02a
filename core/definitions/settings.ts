import * as z from 'zod';
import { ChannelSchema, DEFAULT_CHANNELS, DEFAULT_FLOORS, SETTINGS_SHAPE } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';
import { stripInvisible } from '../strip-invisible.ts';
import { durationUpTo, PositiveDurationSchema } from '../time/duration.ts';
import { isTimezone } from '../time/local.ts';
import { CapSchema } from './caps.ts';
import { MoneySchema } from './money.ts';
import { TopicIdSchema } from './topic-id.ts';
import { UtmSchema } from './utm.ts';
import { HoursListSchema, WindowSchema } from './window.ts';

const FatigueSchema = lazySchema(() =>
  z.strictObject({ channel: ChannelSchema, opened: z.int().min(1).max(100), for: PositiveDurationSchema }),
);

/** Largest share of customers that may be in the global control group. */
const MAX_HOLDOUT_SHARE = 0.15;

/** How far back a guardrail may look. */
const LONGEST_GUARDRAIL = '30d';
/** A bound that can be crossed: a rate is never over 1, nor under 0. */
const boundsOfRates = () => ({
  over: z.number().min(0).lt(1, 'must be under 1: no rate is over it').optional(),
  under: z.number().gt(0, 'must be over 0: no rate is under it').max(1).optional(),
  underBaseline: z
    .number()
    .min(0)
    .lt(1, 'must be under 1: no rate is so far below another')
    .optional()
    .describe('under the rate of the 28 days before, less this; as a share, not of it'),
});
/** A watched rate: the share of messages with `metric` among those sent in (now − within − matureAfter, now − matureAfter]. */
export const GuardrailSchema = lazySchema(() =>
  z
    .strictObject({
      metric: z.enum(['unsubscribe', 'complaint', 'bounce', 'open', 'click']),
      scope: z.enum(['channel', 'journey', 'campaign', 'node']),
      ...boundsOfRates(),
      atLeast: z.int().min(1).default(500),
      within: durationUpTo(LONGEST_GUARDRAIL).default('24h'),
      matureAfter: z.union([z.literal('0s'), durationUpTo(LONGEST_GUARDRAIL)]).default('0s'),
      do: z.enum(['pause', 'alert']),
    })
    .refine((rail) => [rail.over, rail.under, rail.underBaseline].filter((bound) => bound !== undefined).length === 1, {
      message: 'needs exactly one of over, under, underBaseline',
    }),
);
export type Guardrail = z.infer<typeof GuardrailSchema>;

const DEFAULT_GUARDRAILS: z.input<typeof GuardrailSchema>[] = [
  { metric: 'unsubscribe', scope: 'channel', over: 0.05, atLeast: 500, do: 'pause' },
  { metric: 'open', scope: 'node', under: 0.15, atLeast: 200, matureAfter: '24h', do: 'alert' },
];

const A_COUNTRY = 'must be an ISO 3166 country of two capital letters';
const CountrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: A_COUNTRY, abort: true })
  .refine(isCountry, A_COUNTRY);

/** Codes that are in use: neither `XX` nor `UK`, which only stands for `GB`. */
function isCountry(code: string): boolean {
  if (code === 'ZZ' || new Intl.Locale(`und-${code}`).region !== code) return false;
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined;
}

/** Hours outside which no marketing message of a channel goes to an address of a country, whatever a window says. */
const FloorSchema = z.strictObject({ country: CountrySchema, channel: ChannelSchema, hours: HoursListSchema });
export type Floor = z.infer<typeof FloorSchema>;

/** A topic that customers choose, by its id or with its names by locale. */
const TopicSchema = lazySchema(() =>
  z.union([
    TopicIdSchema,
    z.strictObject({
      id: TopicIdSchema,
      names: z
        .record(z.string().min(2).max(35), z.string().trim().min(1).max(100))
        .refine((names) => Object.keys(names).length <= 50, 'may have 50 names'),
    }),
  ]),
);
export type Topic = z.infer<typeof TopicSchema>;

/** How the sender presents itself to customers on its pages. */
const BrandSchema = lazySchema(() =>
  z.strictObject({
    name: z.string().trim().min(1).max(100),
    logoUrl: z
      .url({ protocol: /^https$/, hostname: /^[a-z0-9.-]+$/, error: 'must be an https URL' })
      .max(2_000)
      .optional(),
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#0b6bcb"')
      .optional(),
  }),
);
export type Brand = z.infer<typeof BrandSchema>;

/** One that consists of blanks and invisible characters would be in an empty text, too. */
const OptOutWordSchema = z
  .string()
  .min(1)
  .max(64)
  .refine((word) => stripInvisible(word) !== '', 'must have a visible character');

/** Messages a second and channel, of all senders together; a channel without one has no limit. */
const RatesSchema = z.partialRecord(ChannelSchema, z.number().positive('must be over 0').max(10_000));

/** `PUT /v1/settings` replaces all settings; an omitted field takes its default, so parsing `{}` gives the defaults. */
export const SettingsSchema = lazySchema(() =>
  z.strictObject({
    /** Default timezone, used when a customer has none. */
    timezone: z.string().refine(isTimezone, 'must be an IANA timezone').default('Asia/Shanghai'),
    locale: z.string().min(1).default('zh-CN'),
    /** ISO 3166 country by which a phone number without +… is read. */
    country: CountrySchema.default('CN'),
    /** Channels in order of preference, used when neither the node nor the customer names any. */
    channels: z.array(ChannelSchema).min(1).default(DEFAULT_CHANNELS),
    caps: z
      .array(CapSchema)
      .max(20)
      .default([{ max: 2, per: 'day' }]),
    window: WindowSchema.default('none'),
    floors: z.array(FloorSchema).max(100).default(DEFAULT_FLOORS),
    rates: RatesSchema.default({}),
    approval: z.strictObject({ required: z.boolean().default(true) }).prefault({}),
    /** The part of all customers who get no marketing from any journey or campaign, to compare with. */
    holdout: z
      .strictObject({
        share: z.number().min(0).max(MAX_HOLDOUT_SHARE, `must be ${MAX_HOLDOUT_SHARE} or less`).default(0),
      })
      .prefault({}),
    fatigue: z.array(FatigueSchema).max(20).default([]),
    optOutWords: z.array(OptOutWordSchema).max(100).default(['STOP', '退订', 'T', 'TD', 'R', 'N']),
    ...SETTINGS_SHAPE,
    guardrails: z.array(GuardrailSchema).max(50).prefault(DEFAULT_GUARDRAILS),
    topics: z
      .array(TopicSchema)
      .max(100)
      .default([])
      .superRefine((topics, context) => {
        const ids = topics.map(topicIdOf);
        for (const [index, id] of ids.entries())
          if (ids.indexOf(id) < index)
            context.addIssue({ code: 'custom', path: [index], message: `${id} is there twice` });
      }),
    brand: BrandSchema.optional(),
    money: MoneySchema.prefault({}),
    /** Events that are answers to surveys, and the properties of which reports show how the answers are distributed. */
    surveys: z
      .array(
        z.strictObject({
          event: z.string().min(1).max(255),
          of: z.array(z.string().min(1).max(255)).min(1).max(10),
        }),
      )
      .max(20)
      .default([
        { event: 'Survey Answered', of: ['about', 'answer', 'score'] },
        { event: 'NPS Answered', of: ['score'] },
      ]),
    /** Traits by which reports may be divided; each message keeps them as they were when it was sent. */
    reportTraits: z.array(z.string().min(1).max(255)).max(10).default([]),
    /** Added to the counted links of all templates; a template's own take precedence. */
    utm: UtmSchema.optional(),
    /** How long a message is valid if its journey or campaign does not say. */
    validFor: z
      .strictObject({
        journey: PositiveDurationSchema.default('3d'),
        campaign: PositiveDurationSchema.default('1d'),
        /** How long a transactional message is retried while its provider throttles. */
        transactional: PositiveDurationSchema.default('1d'),
      })
      .prefault({}),
  }),
);
export type Settings = z.infer<typeof SettingsSchema>;

const topicIdOf = (topic: Topic): string => (typeof topic === 'string' ? topic : topic.id);
/** Ids of the topics that customers can choose. */
export const topicIds = ({ topics }: Pick<Settings, 'topics'>): string[] => topics.map(topicIdOf);

export const defaultSettings = (): Settings => SettingsSchema.parse({});
