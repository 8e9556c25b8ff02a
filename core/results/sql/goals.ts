import type { EpochMs } from '../../ids.ts';
import { utcDay } from '../../time/utc-day.ts';
import { isSent } from './belongs.ts';
import { HOMES } from './homes.ts';
import { namedQuery } from './question.ts';

interface Span {
  from: EpochMs;
  /** Not included. */
  to: EpochMs;
}
const daysOf = ({ from, to }: Span) => ({ from: utcDay(from), to: utcDay(to) });

/** How many people have done what a goal counts. */
export interface GoalPeopleQuestion extends Span {
  query: 'goal-people';
  goal: string;
}
export interface GoalPeople {
  people: number;
}
export const goalPeople = namedQuery<GoalPeopleQuestion>({
  days: daysOf,
  statement: ({ goal, from, to }) => ({
    sql: `WITH RECURSIVE ${HOMES}
      SELECT count(DISTINCT coalesce(h.home, f.profile)) AS people FROM facts AS f LEFT JOIN homes AS h USING (profile)
      WHERE f."of" = 'event' AND f.metric = 'goal' AND f.detail = $1 AND f."at" >= $2 AND f."at" < $3`,
    parameters: [goal, from, to],
  }),
});

/** How many got the tag `first`, and how many of them got `then`, at the same time or later. */
export interface GoalStatesQuestion extends Span {
  query: 'goal-states';
  first: string;
  then: string;
}
export interface GoalStates {
  people: number;
  reached: number;
}
export const goalStates = namedQuery<GoalStatesQuestion>({
  days: daysOf,
  statement: ({ first, then, from, to }) => ({
    sql: `WITH RECURSIVE ${HOMES}, tagged AS (
        SELECT coalesce(h.home, f.profile) AS person,
          min(f."at") FILTER (f.detail = $1) AS began, max(f."at") FILTER (f.detail = $2) AS came
        FROM facts AS f LEFT JOIN homes AS h USING (profile)
        WHERE f."of" = 'profile' AND f.metric = 'tagged' AND f.detail IN ($1, $2) AND f."at" >= $3 AND f."at" < $4 GROUP BY person
      )
      SELECT count(began) AS people, count(*) FILTER (came >= began) AS reached FROM tagged`,
    parameters: [first, then, from, to],
  }),
});

/** A figure of all customers' events: the mean of a number, or of what each person has. */
export interface GoalFigureQuestion extends Span {
  query: 'goal-figure';
  computed: string;
  figure: 'avg' | 'sum' | 'count';
  /** Only of those whom a campaign reached or who entered a journey, whenever; from `since` on there are any. */
  among?: { scope: 'campaign' | 'journey'; id: string; since: EpochMs } | undefined;
}
export interface GoalFigure {
  /** Null: there was nothing. */
  value: number | null;
  events: number;
}
export const goalFigure = namedQuery<GoalFigureQuestion>({
  days: ({ among, ...span }) =>
    among === undefined ? daysOf(span) : { from: utcDay(Math.min(among.since, span.from)) },
  statement: ({ computed, figure, from, to, among }) => ({
    sql: `WITH RECURSIVE ${HOMES}
      SELECT sum(f.detail::DOUBLE) / ${figure === 'avg' ? 'count(*)' : 'count(DISTINCT coalesce(h.home, f.profile))'} AS value, count(*) AS events
      FROM facts AS f LEFT JOIN homes AS h USING (profile)
      WHERE f."of" = 'event' AND f.metric = 'figure' AND f.property = $1 AND f."at" >= $2 AND f."at" < $3
      ${among === undefined ? '' : `AND coalesce(h.home, f.profile) IN (${PARTICIPANTS[among.scope]('$4')})`}`,
    parameters: [computed, from, to, ...(among === undefined ? [] : [among.id])],
  }),
});

/** People of a campaign or journey. */
const PARTICIPANTS = {
  campaign: (id: string) => `SELECT coalesce(i.home, p.profile) FROM facts AS p LEFT JOIN homes AS i USING (profile)
    WHERE p."of" = 'message' AND ${isSent('p.')} AND p.campaign = ${id}`,
  journey: (id: string) => `SELECT coalesce(i.home, p.profile) FROM facts AS p LEFT JOIN homes AS i USING (profile)
    WHERE p."of" = 'run' AND p.metric = 'entered' AND p.journey = ${id}`,
};
