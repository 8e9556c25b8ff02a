import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { namedQuery } from './question.ts';

/** How the answers of a survey are distributed; the most frequent first. */
export interface AnswersQuestion {
  query: 'answers';
  event: string;
  property: string;
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
  limit: number;
}
export interface Answer {
  value: string;
  count: number;
}

export const answers = namedQuery<AnswersQuestion>({
  days: ({ from, to }) => ({ from: utcDay(from), to: utcDay(to) }),
  statement: ({ event, property, from, to, limit }) => ({
    sql: `SELECT f.detail AS value, count(*) AS count FROM facts AS f
      WHERE f."of" = 'event' AND f.metric = 'answered' AND f.event = $1 AND f.property = $2 AND f."at" >= $3 AND f."at" < $4
      GROUP BY ALL ORDER BY count DESC, value LIMIT $5`,
    parameters: [event, property, from, to, limit],
  }),
});
