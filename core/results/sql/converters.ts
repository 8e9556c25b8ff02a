import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { HOMES } from './homes.ts';
import { namedQuery } from './question.ts';

/** Who did what a campaign is for between two instants, whether or not anything was sent to them. */
export interface ConvertersQuestion {
  query: 'converters';
  campaign: string;
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
}
/** `profile`: each key that the person has had; `ats`: when, in order. */
export interface Converter {
  profile: string;
  ats: number[];
}

export const converters = namedQuery<ConvertersQuestion>({
  days: ({ from, to }) => ({ from: utcDay(from), to: utcDay(to) }),
  statement: ({ campaign, from, to }) => ({
    sql: `WITH RECURSIVE ${HOMES}, done AS (
        SELECT coalesce(h.home, f.profile) AS person, list(DISTINCT f."at" ORDER BY f."at") AS ats
        FROM facts AS f LEFT JOIN homes AS h USING (profile)
        WHERE f."of" = 'event' AND f.metric = 'aimed' AND f.campaign = $1 AND f."at" >= $2 AND f."at" < $3 GROUP BY person
      )
      SELECT person AS profile, ats FROM done
      UNION ALL SELECT h.profile, d.ats FROM homes AS h JOIN done AS d ON d.person = h.home`,
    parameters: [campaign, from, to],
  }),
});
