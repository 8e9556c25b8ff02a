import type { Standing } from '../../messages/standing.ts';
import { namedQuery } from './question.ts';

/** How often things happened to messages on a day (UTC), by the same dimensions as the counters. */
export interface CountsQuestion {
  query: 'counts';
  day: string;
}

export interface CountedFacts {
  channel: string | null;
  template: string | null;
  metric: string;
  standing: Standing['as'] | null;
  detail: string | null;
  machine: boolean;
  count: number;
}

export const counts = namedQuery<CountsQuestion>({
  days: ({ day }) => ({ from: day, to: day }),
  statement: () => ({
    sql: `SELECT channel, template, metric, standing, detail, machine, count(*) AS count
      FROM facts WHERE "of" = 'message' GROUP BY ALL ORDER BY ALL`,
    parameters: [],
  }),
});
