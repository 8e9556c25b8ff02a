import { type AttributionQuestion, attribution, ordersAndTouches } from './attribution.ts';
import { namedQuery } from './question.ts';

/** By which messages, one after the other, customers came to the orders between two instants. */
export type PathsQuestion = Omit<AttributionQuestion, 'query' | 'model'> & { query: 'paths' };

/** Revenue is in minor units. */
export interface PathRow {
  /** `others`: further paths. `none`: orders without a touch. */
  kind: 'path' | 'others' | 'none';
  /** Keys in the order of their messages, the newest last; null: the message has none. */
  path: (string | null)[];
  orders: number;
  revenue: number;
}

export const MAX_PATHS = 100;
/** Of a longer path the newest steps count. */
export const MAX_STEPS = 10;

export const paths = namedQuery<PathsQuestion>({
  days: (question) => attribution.days(question as never),
  statement: ({ by, touch, from, to, windowMs, currency }) => ({
    sql: `WITH RECURSIVE ${ordersAndTouches({ by, touch })}, steps AS (
        SELECT o.order_key, o.amount, t.key, t."at", row_number() OVER w AS n, lag(t.key) OVER w AS before
        FROM orders AS o JOIN touches AS t ON t.person = o.person AND t."at" <= o."at" AND t."at" > o."at" - $3
        WINDOW w AS (PARTITION BY o.order_key ORDER BY t."at", t.key)
      ), walked AS (
        SELECT order_key, any_value(amount) AS amount, list(key ORDER BY "at", key) AS keys
        FROM steps WHERE n = 1 OR key IS DISTINCT FROM before GROUP BY order_key
      ), counted AS (
        SELECT keys[-${MAX_STEPS}:] AS path, count(*) AS orders, sum(amount) AS revenue FROM walked GROUP BY path
      ), ranked AS (
        SELECT *, row_number() OVER (ORDER BY orders DESC, revenue DESC, path) AS place FROM counted
      )
      SELECT 'path' AS kind, path, orders::BIGINT AS orders, revenue::HUGEINT AS revenue, place FROM ranked WHERE place <= ${MAX_PATHS}
      UNION ALL SELECT 'others', [], coalesce(sum(orders), 0)::BIGINT, coalesce(sum(revenue), 0)::HUGEINT, NULL FROM ranked WHERE place > ${MAX_PATHS}
      UNION ALL SELECT 'none', [], count(*)::BIGINT, coalesce(sum(amount), 0)::HUGEINT, NULL FROM orders ANTI JOIN walked USING (order_key)
      ORDER BY place`,
    parameters: [from, to, windowMs, currency],
  }),
});
