import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { namedQuery, type SqlValue } from './question.ts';

/** Counters of a journey in [from, to), by node. */
export type FunnelQuestion = {
  query: 'funnel';
  journey: string;
  /** Absent: of all versions. */
  version?: number | undefined;
  from: EpochMs;
  to: EpochMs;
};

/** A counter as those by UTC day have it: `entered`, `left:ask`, `suppressed:daily-cap`. Without a node: counters of whole runs. */
export interface FunnelAnswer {
  node: string | null;
  counter: string;
  count: number;
}

export const funnel = namedQuery<FunnelQuestion>({
  days: ({ from, to }) => ({ from: utcDay(from), to: utcDay(to) }),
  statement: ({ journey, version, from, to }) => {
    const parameters: SqlValue[] = [journey, from, to, ...(version === undefined ? [] : [version])];
    return {
      // A goal's node is that of the last message before it, and the goal is the run's.
      sql: `SELECT CASE WHEN f."of" = 'run' THEN NULL ELSE f.node END AS node,
          concat_ws(':', f.metric, CASE WHEN f.machine THEN 'machine' END, f.detail) AS counter, count(*) AS count
        FROM facts AS f
        WHERE f.journey = $1 AND f."at" >= $2 AND f."at" < $3 ${version === undefined ? '' : 'AND f.version = $4'}
          AND (f."of" = 'node' OR (f."of" IN ('run', 'message') AND f.metric NOT IN ('revenue', 'unknown', 'settled', 'left')))
        GROUP BY ALL ORDER BY ALL`,
      parameters,
    };
  },
});
