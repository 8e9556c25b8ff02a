import * as z from 'zod';
import { RATES } from '../goals/rates.ts';
import { lazySchema } from '../lazy-schema.ts';
import { majorUnitsOf } from './minor-units.ts';
import { MILLIONTHS, roiOf } from './returns.ts';

const CountSchema = z.int();
const ByReasonSchema = z.record(z.string(), CountSchema);

/** Every figure of a report, with its one definition: the API's description, the columns of CSV and `docs/results.md` say the same. */
export const FIGURES = {
  recipients: 'people who were sent a message, or were to be and could not',
  sent: 'messages that a provider has taken',
  delivered: 'messages whose arrival the provider has reported',
  opened: 'messages that a person has opened or clicked',
  clicked: 'messages in which a person has followed a link',
  machineOpened: 'messages that a machine has opened, counted in no other figure',
  machineClicked: 'messages whose links a machine has followed, counted in no other figure',
  converted: 'recipients of an occurrence, or runs of a journey, that reached the goal in time',
  revenue: 'what the orders of the goal brought less refunds, in the settings’ currency',
  unsubscribed: 'messages after which the recipient has unsubscribed',
  complained: 'messages that were reported as spam',
  bounced: 'messages that came back',
  suppressed: 'messages that were not to be sent, by reason',
  failed: 'messages that could not be sent, by reason',
  unknown: 'messages of which no provider has said whether it took them',
  cost: 'what sending cost by the settings’ prices, and what was spent outside',
} as const;

export const RowSchema = lazySchema(() =>
  z.object({
    recipients: CountSchema.describe(FIGURES.recipients),
    sent: CountSchema.describe(FIGURES.sent),
    delivered: CountSchema.describe(FIGURES.delivered),
    opened: CountSchema.describe(FIGURES.opened),
    clicked: CountSchema.describe(FIGURES.clicked),
    machineOpened: CountSchema.describe(FIGURES.machineOpened),
    machineClicked: CountSchema.describe(FIGURES.machineClicked),
    converted: CountSchema.describe(FIGURES.converted),
    revenue: z.number().describe(FIGURES.revenue),
    otherCurrencies: z
      .record(z.string(), z.object({ orders: CountSchema, revenue: z.number() }))
      .optional()
      .describe('orders of the goal in other currencies, by currency'),
    unsubscribed: CountSchema.describe(FIGURES.unsubscribed),
    complained: CountSchema.describe(FIGURES.complained),
    bounced: CountSchema.describe(FIGURES.bounced),
    suppressed: ByReasonSchema.describe(FIGURES.suppressed),
    failed: ByReasonSchema.describe(FIGURES.failed),
    unknown: CountSchema.describe(FIGURES.unknown),
    cost: z.number().describe(FIGURES.cost),
    rates: z
      .object({
        delivered: z.number(),
        opened: z.number(),
        clicked: z.number(),
        converted: z.number(),
        unsubscribed: z.number(),
        complained: z.number(),
        bounced: z.number(),
      })
      .describe('shares of `sent`'),
    roi: z.number().optional().describe('(revenue − cost) / cost, where there is a cost'),
  }),
);
export type Row = z.infer<typeof RowSchema>;

/** Counters of facts, as cells have them (`sent`, `suppressed:daily-cap`, `left:unknown`, `revenue:CNY`), summed over hours. */
export type FactCounts = Readonly<Record<string, number>>;

/** Computes the figures of a row from its counters. Counters are seconds late, one after the other: no figure is below zero. */
export function rowOf(counts: FactCounts, currency: string, recipients: number): Row {
  const count = (name: string): number => counts[name] ?? 0;
  const sent = count('sent') + count('settled');
  const figures = {
    delivered: count('delivered'),
    opened: count('opened'),
    clicked: count('clicked'),
    converted: count('converted'),
    unsubscribed: count('unsubscribed'),
    complained: count('complained'),
    bounced: count('bounced'),
  };
  const share = (name: (typeof RATES)[number]): number => (sent === 0 ? 0 : figures[name] / sent);
  const others = otherCurrencies(counts, currency);
  const revenue = majorUnitsOf(count(`revenue:${currency}`), currency);
  const cost = count('cost') / MILLIONTHS;
  const roi = roiOf(revenue, cost);
  return {
    recipients,
    sent,
    ...figures,
    machineOpened: count('opened:machine'),
    machineClicked: count('clicked:machine'),
    revenue,
    ...(Object.keys(others).length === 0 ? {} : { otherCurrencies: others }),
    suppressed: byReason(counts, 'suppressed'),
    failed: byReason(counts, 'failed'),
    unknown: Math.max(0, count('unknown') - count('left:unknown')),
    cost,
    rates: Object.fromEntries(RATES.map((name) => [name, share(name)])) as Row['rates'], // of every name
    ...(roi === undefined ? {} : { roi }),
  };
}

function byReason(counts: FactCounts, state: string): Record<string, number> {
  const prefix = `${state}:`;
  const reasons = Object.entries(counts).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(reasons.map(([name, times]) => [name.slice(prefix.length), times] as const).toSorted());
}

function otherCurrencies(counts: FactCounts, currency: string): NonNullable<Row['otherCurrencies']> {
  const others = Object.keys(counts).flatMap((name) => {
    const [kind, other = ''] = name.split(':');
    return kind === 'revenue' && other !== currency ? [other] : [];
  });
  return Object.fromEntries(
    others
      .sort()
      .map((other) => [
        other,
        { orders: counts[`orders:${other}`] ?? 0, revenue: majorUnitsOf(counts[`revenue:${other}`] ?? 0, other) },
      ]),
  );
}
