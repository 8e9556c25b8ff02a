import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { WHOLE_ORDER } from '../../core/results/credits.ts';
import { majorUnitsOf } from '../../core/results/minor-units.ts';
import { cacOf, MILLIONTHS, roiOf } from '../../core/results/returns.ts';
import type { AttributedRow, AttributionQuestion } from '../../core/results/sql/attribution.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import { spanOfDates } from '../../core/time/local.ts';
import type { Costs, FactQueries } from './ports.ts';

export interface AttributionDeps {
  facts: FactQueries;
  costs: Pick<Costs, 'between'>;
}

export interface AskedAttribution extends Pick<AttributionQuestion, 'model' | 'by' | 'touch' | 'windowMs'> {
  /** Days of the settings' timezone, inclusive. */
  from: LocalDate;
  to: LocalDate;
}

const CONCURRENCY = 16;
const NOTHING = { orders: 0, revenue: 0 };

/** Which messages brought the orders of some days. Rows and `none` together have all orders, and exactly their revenue. */
export async function attributionReport(
  { facts, costs }: AttributionDeps,
  { from, to, ...asked }: AskedAttribution,
  { timezone, currency }: { timezone: string; currency: string },
) {
  const question: AttributionQuestion = {
    query: 'attribution',
    ...asked,
    ...spanOfDates(from, to, timezone),
    currency,
  };
  const found = await facts.ask<AttributedRow>({ ...question });
  const credited = found.filter(({ kind }) => kind === 'key');
  const spent = await mapWithConcurrency(CONCURRENCY, credited, ({ key }) => spentOn(costs, asked.by, key, from, to));
  const none = found.find(({ kind }) => kind === 'none') ?? NOTHING;
  const unread = found.find(({ kind }) => kind === 'unread')?.orders ?? 0;
  const others = found.filter(({ kind }) => kind === 'other');
  const all = [...credited, none];
  const major = (amount: number) => majorUnitsOf(amount, currency);
  return {
    orders: Math.round(all.reduce((sum, { orders }) => sum + orders, 0)),
    revenue: major(all.reduce((sum, { revenue }) => sum + revenue, 0)),
    rows: credited.map((row, index) => shown(row, spent[index] ?? 0, major)),
    none: { orders: none.orders, revenue: major(none.revenue) },
    ...(unread === 0 ? {} : { withoutAmount: unread }),
    ...(others.length === 0 ? {} : { otherCurrencies: Object.fromEntries(others.map(ofCurrency)) }),
  };
}

const ofCurrency = ({ key, orders, revenue }: AttributedRow) =>
  [key ?? '', { orders, revenue: majorUnitsOf(revenue, key ?? '') }] as const;

/** Outside spend, in millionths; only channels and campaigns have any. */
async function spentOn(
  costs: Pick<Costs, 'between'>,
  by: AskedAttribution['by'],
  key: string | null,
  from: LocalDate,
  to: LocalDate,
): Promise<number> {
  if (key === null || (by !== 'channel' && by !== 'campaign')) return 0;
  return (await costs.between(`${by}:${key}`, from, to)).reduce((sum, { amount }) => sum + amount, 0);
}

function shown({ key, orders, revenue, cost }: AttributedRow, spent: number, major: (amount: number) => number) {
  const [brought, took] = [major(revenue), (cost + spent) / MILLIONTHS];
  const [roi, cac] = [roiOf(brought, took), cacOf(took, orders)];
  return {
    key,
    orders: rounded(orders),
    revenue: brought,
    cost: took,
    ...(roi === undefined ? {} : { roi }),
    ...(cac === undefined ? {} : { cac }),
  };
}

/** Sums of shares, without the noise of their last digits. */
const rounded = (orders: number): number => Math.round(orders * WHOLE_ORDER) / WHOLE_ORDER;
