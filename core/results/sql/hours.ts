import type { EpochMs } from '../../ids.ts';
import type { ReportScope } from '../../metrics/cells.ts';
import { utcDay } from '../../time/utc-day.ts';
import { namedQuery, type SqlValue } from './question.ts';

/** Messages by the hour of the week at which their recipients' clocks stood when they were sent. */
export type HoursQuestion = {
  query: 'hours';
  /** Absent: of everything that was sent. */
  scope?: { kind: ReportScope; id: string } | undefined;
  /** Sent in [from, to). */
  from: EpochMs;
  to: EpochMs;
};

export interface HourAnswer {
  /** 0 is Monday from midnight. */
  hour: number;
  sent: number;
  opened: number;
  clicked: number;
}

export const hours = namedQuery<HoursQuestion>({
  days: ({ from }) => ({ from: utcDay(from) }),
  statement: ({ scope, from, to }) => {
    const parameters: SqlValue[] = [from, to, ...(scope === undefined ? [] : [scope.id])];
    return {
      sql: `WITH sent AS (
        SELECT message, any_value(local_hour) AS hour FROM facts AS f
        WHERE f."of" = 'message' AND f.metric = 'sent' AND f.local_hour IS NOT NULL AND f."at" >= $1 AND f."at" < $2
          ${scope === undefined ? '' : `AND f."${scope.kind}" = $3`}
        GROUP BY message
      ), did AS (
        SELECT message, bool_or(metric = 'clicked') AS clicked FROM facts AS f
        WHERE f."of" = 'message' AND NOT f.machine AND f.metric IN ('opened', 'clicked') GROUP BY message
      ) SELECT hour, count(*) AS sent, count(did.message) AS opened, count(*) FILTER (did.clicked) AS clicked
      FROM sent LEFT JOIN did USING (message) GROUP BY hour ORDER BY hour`,
      parameters,
    };
  },
});
