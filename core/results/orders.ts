import { valuesAt } from '../conditions/paths.ts';
import type { CairnEvent } from '../events/event.ts';
import { keyText } from '../key-text.ts';
import { type AmountFault, knownCurrency, type Money, minorUnitsOf } from './minor-units.ts';

/** An event about an order: it was placed, or some of its money was given back. */
export interface OrderEvent {
  kind: 'order' | 'refund';
  /** The order: its property `order_id`; of an event without one, its message id. */
  key: string;
  /** Identity: an order's is its key, a refund has its own. */
  mark: string;
  /** In minor units of `currency`; a refund has what was given back, above zero. */
  amount: number;
  currency: string;
  /** Why `amount` is 0: the order counts, its money does not. */
  fault?: AmountFault;
}

const CURRENCY = /^[A-Z]{3}$/;

/** An order or refund, if the event is named in the settings; by the first entry that names it. */
export function orderOf(event: CairnEvent, money: Money): OrderEvent | undefined {
  const { name, properties } = event;
  const brings = money.revenue.find((one) => one.event === name);
  const takes = brings === undefined ? money.refunds.find((one) => one.event === name) : undefined;
  const rule = brings ?? takes;
  if (rule === undefined) return undefined;
  const kind = brings === undefined ? 'refund' : 'order';
  const id = keyText(valuesAt(properties, 'order_id')[0]);
  const key = id ?? `#${event.id}`;
  const currency = currencyOf(valuesAt(properties, 'currency')[0], money);
  const said = minorUnitsOf(unsigned(valuesAt(properties, rule.of)[0], kind), currency);
  return {
    kind,
    key,
    mark: kind === 'order' ? key : (keyText(valuesAt(properties, 'refund_id')[0]) ?? `#${event.id}`),
    currency,
    ...('fault' in said ? { amount: 0, fault: said.fault } : said),
  };
}

/** Key of the order that an event is, or names by `order_id`. */
export const orderNamedBy = (event: CairnEvent, money: Money): string | undefined =>
  orderOf(event, money)?.key ?? keyText(valuesAt(event.properties, 'order_id')[0]);

/** Absent, or not one of three letters: the settings'. */
function currencyOf(value: unknown, money: Money): string {
  const text = typeof value === 'string' ? value.trim().toUpperCase() : '';
  return CURRENCY.test(text) ? knownCurrency(text, money) : money.currency;
}

/** Some shops send what they give back with a minus: no refund brings money. */
function unsigned(value: unknown, kind: OrderEvent['kind']): unknown {
  if (kind === 'order') return value;
  if (typeof value === 'number') return Math.abs(value);
  return typeof value === 'string' ? value.trim().replace(/^-/, '') : value;
}

/** The part of a refund that still counts after earlier ones: together they take back no more than the order brought. */
export const refundable = (order: number, before: number, refund: number): number =>
  Math.min(order, before + refund) - Math.min(order, before);
