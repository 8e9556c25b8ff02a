import type { EpochMs } from '../../ids.ts';
import { HOUR_MS } from '../../time/units.ts';
import { utcDay } from '../../time/utc-day.ts';
import type { ClockSegment } from '../clock-segments.ts';
import { belongsTo } from './belongs.ts';
import { namedQuery, type SqlValue } from './question.ts';
import { offsetSql } from './report.ts';

/** What cells of some days must hold, by all dimensions that a cell may have. */
export interface CellsQuestion {
  query: 'cells';
  /** Days, by the settings' clocks. */
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
  clocks: ClockSegment[];
}

export const CELL_COLUMNS = [
  'channel',
  'template',
  'campaign',
  'journey',
  'node',
  'variant',
  'version',
  'occurrence',
] as const;
export type CountedInCell = { [Name in (typeof CELL_COLUMNS)[number]]: string | number | null } & {
  /** Days since 1970. */
  day: number;
  hour: number;
  /** As `core/metrics/cells.ts` names it, without the hour. */
  counter: string;
  count: number;
};

const AS_THEMSELVES = `'sent', 'settled', 'unknown', 'delivered', 'unsubscribed', 'complained', 'bounced'`;
const HUMAN = 'NOT machine';
const SENT_ANEW = `metric = 'left' AND standing = 'unknown' AND sent_at IS NOT NULL`;

/**
 * Counters of messages alone. What a conversion belongs to is decided anew when an earlier one comes late: the lake has the earliest, a cell the one that
 * came first.
 */
export const cells = namedQuery<CellsQuestion>({
  // Opens come later than their message, with no end.
  days: ({ from }) => ({ from: utcDay(from) }),
  statement: ({ from, to, clocks }) => {
    const parameters: SqlValue[] = [from, to];
    const bound = (value: string | number): string => `$${parameters.push(value)}`;
    const keys = [...CELL_COLUMNS, 'day', 'hour'].join(', ');
    const select = (counter: string, count: string, rows: string) =>
      `SELECT ${keys}, ${counter} AS counter, ${count} AS count FROM ${rows} GROUP BY ALL`;
    const firstOf = (metrics: string) =>
      `(SELECT DISTINCT ON (message) * FROM clocked WHERE ${HUMAN} AND metric IN (${metrics}) ORDER BY message, "at")`;
    const counters = [
      select('metric', 'count(*)', `clocked WHERE ${HUMAN} AND metric IN (${AS_THEMSELVES})`),
      select(
        `metric || ':' || coalesce(standing, detail, '')`,
        'count(*)',
        `clocked WHERE metric IN ('suppressed', 'failed') OR (${SENT_ANEW})`,
      ),
      select(`'opened'`, 'count(*)', firstOf(`'opened', 'clicked'`)),
      select(`'clicked'`, 'count(*)', firstOf(`'clicked'`)),
      select(`metric || ':machine'`, 'count(*)', `clocked WHERE machine AND metric IN ('opened', 'clicked')`),
      select(`'cost'`, 'sum(cost)', `clocked WHERE metric = 'sent' AND cost > 0`),
    ];
    return {
      sql: `WITH of_messages AS (
          SELECT *, ${belongsTo()} AS belongs
          FROM facts WHERE "of" = 'message' AND "at" >= $1
        ), clocked AS MATERIALIZED (
          SELECT ${CELL_COLUMNS.join(', ')}, metric, standing, detail, machine, sent_at, message, "at", cost,
            hours // 24 AS day, hours % 24 AS hour
          FROM (SELECT *, (belongs + ${offsetSql(clocks, bound)}) // ${HOUR_MS} AS hours FROM of_messages WHERE belongs >= $1 AND belongs < $2)
        ) ${counters.join('\nUNION ALL ')}`,
      parameters,
    };
  },
});

/** Counters of a cell that the question does not ask for. */
const OTHERS = ['converted', 'revenue', 'orders'];
/** `sent@09`, `suppressed:daily-cap@23`. */
export const isRecounted = (counter: string): boolean => !OTHERS.includes(counter.split(/[:@]/)[0] ?? '');
