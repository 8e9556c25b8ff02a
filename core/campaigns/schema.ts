import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { type Condition, ConditionSchema } from '../conditions/schema.ts';
import { CapSchema } from '../definitions/caps.ts';
import { chosenUnion } from '../definitions/keyed-union.ts';
import { CurrencySchema } from '../definitions/money.ts';
import { WindowSchema } from '../definitions/window.ts';
import { expected } from '../expected.ts';
import { OwnGoalSchema } from '../goals/own-goal.ts';
import { ThrottleSchema } from '../journeys/schema.ts';
import { lazySchema } from '../lazy-schema.ts';
import { PositiveDurationSchema } from '../time/duration.ts';
import { isDate, isTimezone } from '../time/local.ts';
import { ScheduleSchema } from '../time/schedule.ts';

const A_TIMEZONE = 'must be "customer" or an IANA timezone';
const A_TIME = 'must be a local date and time such as "2026-11-30T10:00"';
/** One instant, or the same local time in each customer's own timezone. */
const OnceSchema = lazySchema(() =>
  z.strictObject({
    time: z.string(A_TIME).refine((text) => {
      const [, date = '', time = ''] = /^(.{10})T(.{5})$/.exec(text) ?? [];
      return isDate(date) && /^([01]\d|2[0-3]):[0-5]\d$/.test(time);
    }, A_TIME),
    timezone: z.string(A_TIMEZONE).refine((zone) => zone === 'customer' || isTimezone(zone), A_TIMEZONE),
  }),
);
export type Once = z.infer<typeof OnceSchema>;
export type Recurring = z.infer<typeof ScheduleSchema>;
export type At = 'now' | 'trigger' | Once | Recurring;

const AtSchema: z.ZodType<At> = lazySchema(() => {
  const [words, once, recurring] = [z.enum(['now', 'trigger']), OnceSchema, ScheduleSchema];
  return chosenUnion<At>([words, once, recurring], (value) => {
    if (value === 'now' || value === 'trigger') return words;
    if (typeof value === 'object' && value !== null) return 'every' in value ? recurring : once;
    return 'must be "now", "trigger", {"time": "2026-11-30T10:00", "timezone": "customer"} or {"every": "week", "days": ["mon"], "time": "10:00"}';
  });
});
const id = (what: string) => z.string(`must be the id of a ${what}`).min(1).max(63);

/** Members of a list, or whoever a condition is true of. */
export type Audience = Condition | { list: string };
export const AudienceSchema: z.ZodType<Audience> = lazySchema(() => {
  const members = z.strictObject({ list: id('list') });
  return chosenUnion<Audience>([members, ConditionSchema], (value) =>
    typeof value === 'object' && value !== null && 'list' in value ? members : ConditionSchema,
  );
});

const VariantSchema = lazySchema(() =>
  z.strictObject({
    name: z.string().min(1).max(63),
    /** Its share among the variants without an `if`; 0: nobody. */
    weight: z.number().min(0).max(10_000).default(1),
    template: id('template').optional(),
    window: WindowSchema.optional(),
    /** A person gets the first variant whose condition is true of them, whatever the weights. */
    if: ConditionSchema.optional(),
  }),
);
export type Variant = z.infer<typeof VariantSchema>;

const WinnerSchema = lazySchema(() =>
  z.strictObject({
    by: z.enum(['converted', 'clicked', 'opened', 'revenue']),
    /** Per cent of the recipients among whom it is found. */
    sample: z.number().gt(0, 'must be over 0').lt(100, 'must be under 100'),
    after: PositiveDurationSchema,
    atLeast: z.int().min(1).default(100),
  }),
);
export type WinnerRule = z.infer<typeof WinnerSchema>;

const BudgetSchema = z.strictObject({
  amount: z.number().positive('must be over 0'),
  currency: CurrencySchema,
});

const MAX_PILOT = 100_000;

/** `PUT /v1/campaigns/{id}`: immutable once published. */
export const CampaignSchema = lazySchema(() =>
  z.strictObject(
    {
      name: z.string().min(1).max(200),
      owner: z.string().min(1).max(200).optional(),
      audience: AudienceSchema,
      exclude: ConditionSchema.optional(),
      template: id('template').optional(),
      /** Channels in the order to try; absent: the customer's preference, else the settings'. */
      channels: z.array(ChannelSchema).min(1).optional(),
      at: AtSchema,
      /** What becomes of recipients whose local time has passed at `publish`. */
      late: z.enum(['now', 'next', 'skip']).default('skip'),
      variants: z.array(VariantSchema).min(2, 'must have at least 2 variants').max(10).optional(),
      winner: WinnerSchema.optional(),
      /** Per cent of the recipients who get nothing, to compare with. */
      holdout: z.number().min(0).lt(100, 'must be under 100').optional(),
      /** So many get it first; the others once somebody has said `continue`. */
      pilot: z.int().min(1).max(MAX_PILOT).optional(),
      goal: OwnGoalSchema.optional(),
      budget: BudgetSchema.optional(),
      throttle: ThrottleSchema.optional(),
      window: WindowSchema.optional(),
      caps: z.array(CapSchema).max(20).optional(),
      validFor: PositiveDurationSchema.optional(),
    },
    expected('must be a campaign'),
  ),
);
export type Campaign = z.infer<typeof CampaignSchema>;

/** Templates of its variants, or its own; each once. */
export const templatesOf = ({ template, variants }: Campaign): string[] => [
  ...new Set((variants ?? [{ template }]).flatMap((variant) => variant.template ?? template ?? [])),
];

/** The template of a variant, or of a campaign without any. */
export const templateOf = (
  { template, variants }: Pick<Campaign, 'template' | 'variants'>,
  variant?: string,
): string | undefined => variants?.find(({ name }) => name === variant)?.template ?? template;

/** Variants among which people are split by weight, and a winner is found: whoever an `if` is true of keeps that variant. */
export const contestantsOf = ({ variants = [] }: Pick<Campaign, 'variants'>): Variant[] =>
  variants.filter((variant) => variant.if === undefined);

/** Whether each customer has it at their own local time, as a recurring one without a timezone. */
export const isInLocalTime = ({ at }: Pick<Campaign, 'at'>): boolean =>
  typeof at === 'object' && (at.timezone === undefined || at.timezone === 'customer');
