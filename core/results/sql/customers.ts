import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { belongsTo, isSent } from './belongs.ts';
import { HOMES } from './homes.ts';
import { namedQuery } from './question.ts';

/** Messages that were sent between two instants and what they brought, by customer: of these customers, or of those after one, by their keys. */
export interface CustomersQuestion {
  query: 'customers';
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
  currency: string;
  profiles?: string[] | undefined;
  after?: string | undefined;
  limit: number;
}
export interface CustomerRow {
  profile: string;
  sent: number;
  opened: number;
  clicked: number;
  converted: number;
  /** Minor units of the orders that were goals, each once. */
  revenue: number;
  lastMessageAt: EpochMs | null;
}

const MESSAGES = (condition: string) => `count(DISTINCT message) FILTER (${condition})`;

export const customers = namedQuery<CustomersQuestion>({
  // Opens and orders come later than their message.
  days: ({ from }) => ({ from: utcDay(from) }),
  statement: ({ from, to, currency, profiles, after = '', limit }) => ({
    sql: `WITH RECURSIVE ${HOMES}, found AS (
        SELECT coalesce(h.home, f.profile) AS person, f.* FROM facts AS f LEFT JOIN homes AS h USING (profile)
        WHERE f."of" IN ('message', 'run') AND ${belongsTo('f.')} >= $1 AND ${belongsTo('f.')} < $2
      ), page AS (
        SELECT person FROM found
        WHERE metric IN ('sent', 'settled', 'suppressed', 'failed', 'converted', 'goal') AND person > $4
          ${profiles === undefined ? '' : `AND person IN (SELECT unnest(from_json($6, '["VARCHAR"]')))`}
        GROUP BY person ORDER BY person LIMIT $5
      ), its AS (
        SELECT found.* FROM found SEMI JOIN page USING (person)
      ), sold AS (
        SELECT person, sum(amount)::HUGEINT AS revenue
        FROM (SELECT DISTINCT person, order_key, "at", amount FROM its WHERE metric = 'revenue' AND currency = $3)
        GROUP BY person
      )
      SELECT t.person AS profile, ${MESSAGES(`"of" = 'message' AND ${isSent()}`)} AS sent,
        ${MESSAGES(`metric IN ('opened', 'clicked') AND NOT machine`)} AS opened, ${MESSAGES(`metric = 'clicked' AND NOT machine`)} AS clicked,
        count(DISTINCT id) FILTER (metric IN ('converted', 'goal')) AS converted, coalesce(any_value(s.revenue), 0) AS revenue,
        max(coalesce(sent_at, "at")) FILTER (${isSent()}) AS "lastMessageAt"
      FROM its AS t LEFT JOIN sold AS s ON s.person = t.person
      GROUP BY t.person ORDER BY t.person`,
    parameters: [from, to, currency, after, limit, ...(profiles === undefined ? [] : [JSON.stringify(profiles)])],
  }),
});
