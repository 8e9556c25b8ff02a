import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { type AttributionModel, creditsOf, WHOLE_ORDER } from '../credits.ts';
import { HOMES } from './homes.ts';
import { namedQuery } from './question.ts';

export const ATTRIBUTED_BY = ['channel', 'campaign', 'journey', 'template', 'message'] as const;
export const TOUCHES = ['sent', 'opened', 'clicked'] as const;

/** Which messages brought the orders between two instants. */
export interface AttributionQuestion {
  query: 'attribution';
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
  model: AttributionModel;
  by: (typeof ATTRIBUTED_BY)[number];
  touch: (typeof TOUCHES)[number];
  windowMs: number;
  currency: string;
}

/** Orders are exact to a millionth; revenue is in minor units, cost in millionths of the major unit. */
export interface AttributedRow {
  /** `key`: null where the message has none: one of a journey has no campaign. `none`: without a touch. `other`: in another currency. */
  kind: 'key' | 'none' | 'other' | 'unread';
  key: string | null;
  orders: number;
  revenue: number;
  cost: number;
}

/** Who clicks has opened. */
const METRICS = { sent: ['sent', 'settled'], opened: ['opened', 'clicked'], clicked: ['clicked'] } as const;
/** How long after the last order its refunds are looked for. */
const REFUND_MS = 90 * 24 * 3_600_000;

/** A row of SQL's answer: an order with touches of several keys, or all others together, which no model divides. */
interface FoundRow {
  kind: 'order' | 'single' | 'none' | 'cost' | 'other' | 'unread';
  key: string | null;
  at: number | null;
  orders: number;
  amount: number;
  keys: (string | null)[] | null;
  ats: number[] | null;
}

/**
 * Tables for a `WITH RECURSIVE`: the orders between $1 and $2 in the currency $4, less what was given back, and every message that may have touched their
 * customers.
 */
export const ordersAndTouches = ({
  by,
  touch,
}: Pick<AttributionQuestion, 'by' | 'touch'>): string => `${HOMES}, given_back AS (
    SELECT order_key, currency, sum(-amount) AS amount FROM facts AS f
    WHERE f."of" = 'order' AND f.metric = 'refund' GROUP BY order_key, currency
  ), orders AS (
    SELECT f.order_key, f."at", coalesce(h.home, f.profile) AS person, f.detail AS fault,
      greatest(0, f.amount - coalesce(b.amount, 0)) AS amount
    FROM facts AS f LEFT JOIN homes AS h USING (profile) LEFT JOIN given_back AS b USING (order_key, currency)
    WHERE f."of" = 'order' AND f.metric = 'order' AND f.currency = $4 AND f."at" >= $1 AND f."at" < $2
  ), touches AS (
    SELECT coalesce(h.home, f.profile) AS person, f."${by}" AS key, ${touch === 'sent' ? 'min(coalesce(f.sent_at, f."at"))' : 'min(f."at")'} AS "at"
    FROM facts AS f LEFT JOIN homes AS h USING (profile)
    WHERE f."of" = 'message' AND f.metric IN (${METRICS[touch].map((metric) => `'${metric}'`).join(', ')}) AND NOT f.machine
    GROUP BY person, key, f.message
  )`;

const sql = ({
  by,
  touch,
}: AttributionQuestion): string => `WITH RECURSIVE ${ordersAndTouches({ by, touch })}, touched AS (
    SELECT o.order_key, o."at", o.amount, list(t.key) AS keys, list(t."at") AS ats, count(DISTINCT coalesce('=' || t.key, '')) AS n
    FROM orders AS o JOIN touches AS t ON t.person = o.person AND t."at" <= o."at" AND t."at" > o."at" - $3
    GROUP BY o.order_key, o."at", o.amount
  )
  SELECT 'order' AS kind, NULL AS key, "at", 1 AS orders, amount, keys, ats FROM touched WHERE n > 1
  UNION ALL BY NAME SELECT 'single' AS kind, keys[1] AS key, count(*) AS orders, sum(amount)::HUGEINT AS amount FROM touched WHERE n = 1 GROUP BY keys[1]
  UNION ALL BY NAME SELECT 'none' AS kind, count(*) AS orders, coalesce(sum(amount), 0)::HUGEINT AS amount FROM orders ANTI JOIN touched USING (order_key)
  UNION ALL BY NAME SELECT 'cost' AS kind, f."${by}" AS key, 0 AS orders, sum(f.cost)::HUGEINT AS amount FROM facts AS f
    WHERE f."of" = 'message' AND f.metric = 'sent' AND f."at" >= $1 AND f."at" < $2 AND f.cost > 0 GROUP BY ALL
  UNION ALL BY NAME SELECT 'other' AS kind, f.currency AS key, count(*) AS orders,
      sum(greatest(0, f.amount - coalesce(b.amount, 0)))::HUGEINT AS amount
    FROM facts AS f LEFT JOIN given_back AS b ON b.order_key = f.order_key AND b.currency = f.currency
    WHERE f."of" = 'order' AND f.metric = 'order' AND f.currency <> $4 AND f."at" >= $1 AND f."at" < $2 GROUP BY ALL
  UNION ALL BY NAME SELECT 'unread' AS kind, count(*) AS orders, 0 AS amount FROM orders WHERE fault IS NOT NULL`;

/** More are one row of all others. */
const MAX_ROWS = 1_000;
export const OTHERS = '*';

export const attribution = namedQuery<AttributionQuestion, FoundRow>({
  days: ({ from, to, windowMs }) => ({ from: utcDay(from - windowMs), to: utcDay(to + REFUND_MS) }),
  statement: (question) => ({
    sql: sql(question),
    parameters: [question.from, question.to, question.windowMs, question.currency],
  }),
  reduce: attributed,
});

/** Credits each order by the model, and sums up by key: what rows and `none` have is together all orders and all their revenue. */
export function attributed(found: readonly FoundRow[], { model }: Pick<AttributionQuestion, 'model'>): AttributedRow[] {
  const rows = new Map<string | null, AttributedRow>();
  const rowOf = (key: string | null): AttributedRow => {
    const row = rows.get(key) ?? { kind: 'key', key, orders: 0, revenue: 0, cost: 0 };
    rows.set(key, row);
    return row;
  };
  const others: AttributedRow[] = [];
  for (const { kind, key, at, orders, amount, keys, ats } of found) {
    if (kind === 'single') add(rowOf(key), { orders: orders * WHOLE_ORDER, revenue: amount });
    else if (kind === 'cost') rowOf(key).cost += amount;
    else if (kind === 'order') {
      const touches = (keys ?? []).map((one, index) => ({ key: keyText(one), at: ats?.[index] ?? 0 }));
      for (const credit of creditsOf(model, { at: at ?? 0, revenue: amount }, touches))
        add(rowOf(keyOf(credit.key)), { orders: credit.share, revenue: credit.revenue });
    } else others.push({ kind, key, orders, revenue: amount, cost: 0 });
  }
  const inOrder = [...rows.values()].sort(
    (a, b) => b.revenue - a.revenue || b.orders - a.orders || (keyText(a.key) < keyText(b.key) ? -1 : 1),
  );
  return [...folded(inOrder).map((row) => ({ ...row, orders: row.orders / WHOLE_ORDER })), ...others];
}

const add = (row: AttributedRow, { orders, revenue }: { orders: number; revenue: number }): void => {
  row.orders += orders;
  row.revenue += revenue;
};

/** Null is before every key. */
const keyText = (key: string | null): string => (key === null ? '' : `=${key}`);
const keyOf = (text: string): string | null => (text === '' ? null : text.slice(1));

function folded(rows: AttributedRow[]): AttributedRow[] {
  if (rows.length <= MAX_ROWS) return rows;
  const rest: AttributedRow = { kind: 'key', key: OTHERS, orders: 0, revenue: 0, cost: 0 };
  for (const row of rows.slice(MAX_ROWS - 1)) {
    add(rest, row);
    rest.cost += row.cost;
  }
  return [...rows.slice(0, MAX_ROWS - 1), rest];
}
