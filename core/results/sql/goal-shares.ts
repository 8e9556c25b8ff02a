import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { isSent } from './belongs.ts';
import { HOMES } from './homes.ts';
import { namedQuery } from './question.ts';

/** How many recipients (runs) had the tag `first`, and how many of them reached the goal of their campaign or journey, the other tag. */
export interface GoalShareQuestion {
  query: 'goal-share';
  scope: 'campaign' | 'journey';
  id: string;
  /** When messages were sent, or runs entered. */
  from: EpochMs;
  /** Not included; until then they may reach it. */
  to: EpochMs;
  first: string;
  /** How long after the sending or the entry, in ms; absent: for ever. */
  within?: number | undefined;
}
export interface GoalShare {
  people: number;
  reached: number;
}

/** Each recipient of an occurrence, or run: since when, and whether the customer had the tag then. */
const TAKING_PART = {
  // A message that was sent again counts once, from its first sending.
  campaign: `SELECT f.occurrence || ' ' || coalesce(h.home, f.profile) AS one, coalesce(h.home, f.profile) AS person,
      min(f.sent_at) AS began, bool_or(coalesce(list_contains(f.tags, $4), false)) AS had
    FROM facts AS f LEFT JOIN homes AS h USING (profile)
    WHERE f."of" = 'message' AND ${isSent('f.')} AND f.campaign = $1 AND f.sent_at >= $2 AND f.sent_at < $3 GROUP BY one, person`,
  journey: `SELECT f.run AS one, coalesce(h.home, f.profile) AS person, f."at" AS began,
      f.run IN (SELECT run FROM facts WHERE "of" = 'profile' AND metric = 'held' AND detail = $4) AS had
    FROM facts AS f LEFT JOIN homes AS h USING (profile)
    WHERE f."of" = 'run' AND f.metric = 'entered' AND f.journey = $1 AND f."at" >= $2 AND f."at" < $3`,
};
const REACHED = {
  campaign: `SELECT DISTINCT f.occurrence || ' ' || coalesce(h.home, f.profile) AS one FROM facts AS f LEFT JOIN homes AS h USING (profile)
    WHERE f."of" = 'message' AND f.metric = 'converted' AND f.campaign = $1 AND f."at" < $3`,
  journey: `SELECT DISTINCT run AS one FROM facts WHERE "of" = 'run' AND metric = 'goal' AND journey = $1 AND "at" < $3`,
};

export const goalShare = namedQuery<GoalShareQuestion>({
  days: ({ from, to }) => ({ from: utcDay(from), to: utcDay(to) }),
  statement: ({ scope, id, from, to, first, within }) => ({
    sql: `WITH RECURSIVE ${HOMES}, part AS (${TAKING_PART[scope]}), got AS (
        SELECT coalesce(h.home, f.profile) AS person, f."at" FROM facts AS f LEFT JOIN homes AS h USING (profile)
        WHERE f."of" = 'profile' AND f.metric = 'tagged' AND f.detail = $4 AND f."at" < $3
      ), asked AS (
        SELECT p.one FROM part AS p LEFT JOIN got AS g ON g.person = p.person AND g."at" >= p.began AND g."at" - p.began <= $5
        GROUP BY p.one HAVING bool_or(p.had) OR count(g."at") > 0
      )
      SELECT count(*) AS people, count(r.one) AS reached FROM asked LEFT JOIN (${REACHED[scope]}) AS r USING (one)`,
    parameters: [id, from, to, first, within ?? Number.MAX_SAFE_INTEGER],
  }),
});
