import type { EpochMs } from '../../ids.ts';
import { pointer } from '../../json-pointer.ts';
import type { ReportScope } from '../../metrics/cells.ts';
import { HOUR_MS } from '../../time/units.ts';
import { utcDay } from '../../time/utc-day.ts';
import type { ClockSegment } from '../clock-segments.ts';
import type { Dimension } from '../dimensions.ts';
import { HOMES, homesSql } from './homes.ts';
import { namedQuery, type SqlValue, type Statement } from './question.ts';

/** The question of a report to the data lake. A type, since an interface is no `FactQuery`. */
export type ReportQuestion = {
  query: 'report';
  /** Absent: of everything that was sent. */
  scope?: { kind: ReportScope; id: string } | undefined;
  /** Facts whose messages were sent (or refused) in [from, to). */
  from: EpochMs;
  to: EpochMs;
  /** How the settings' clocks go in that time. */
  clocks: ClockSegment[];
  by: Dimension[];
  occurrence?: string | undefined;
  version?: number | undefined;
  /** Only the people; absent: all counters. */
  only?: 'recipients' | undefined;
};

/** One counter of one row. Without keys: of all rows together, only of `recipients`, since people may be in several. */
export interface ReportAnswer {
  isTotal: boolean;
  key0: string | number | boolean | null;
  key1: string | number | boolean | null;
  counter: string;
  count: number;
}

/** Metrics whose facts count as themselves, by their detail. */
const COUNTED = `'sent', 'settled', 'unknown', 'delivered', 'unsubscribed', 'complained', 'bounced', 'suppressed', 'failed', 'converted', 'left'`;
/** Those that say that somebody was to get a message. */
const ADDRESSED = `'sent', 'suppressed', 'failed', 'unknown'`;
/** Those that know what the recipient was. */
const KNOWING = `'sent', 'suppressed', 'failed'`;
const HUMAN = 'NOT machine';

/**
 * Tags, segments and traits of recipients, by message. A conversion does not name its message: in a campaign's occurrence each person has one, whatever
 * profiles they were merged of since; in a run it is the node's newest.
 */
const PEOPLE = `people AS (
  SELECT message, arg_max(tags, "at") AS tags, arg_max(segments, "at") AS segments, arg_max(traits, "at") AS traits,
    any_value(profile) AS profile, any_value(campaign) AS campaign, any_value(occurrence) AS occurrence,
    any_value(run) AS run, any_value(node) AS node, max("at") AS "at"
  FROM facts WHERE "of" = 'message' AND metric IN (${KNOWING}) AND tags IS NOT NULL GROUP BY message
), recipients AS (
  SELECT coalesce(h.home, p.profile) AS profile, campaign, occurrence, arg_max(message, "at") AS message
  FROM people AS p LEFT JOIN homes AS h USING (profile) WHERE campaign IS NOT NULL GROUP BY ALL
), walkers AS (
  SELECT run, node, arg_max(message, "at") AS message FROM people WHERE run IS NOT NULL GROUP BY ALL
)`;
/** Joins by equality alone: a condition on one side beside it makes them quadratic. */
const WITH_PEOPLE = `(
    SELECT *, CASE WHEN message IS NULL THEN teller END AS converter, CASE WHEN message IS NULL THEN run END AS walked FROM clocked
  ) f
  LEFT JOIN homes h ON h.profile = f.converter
  LEFT JOIN recipients r ON r.profile = coalesce(h.home, f.converter) AND r.campaign = f.campaign AND r.occurrence = f.occurrence
  LEFT JOIN walkers w ON w.run = f.walked AND w.node = f.node
  LEFT JOIN people p ON p.message = coalesce(f.message, r.message, w.message)`;

/**
 * SQL over the view `facts` (the data lake's rows, each id once; instants are milliseconds) with its parameters: the same counters as the cells', which
 * `core/metrics/cells.ts` defines.
 */
export function reportSql(question: ReportQuestion): Statement {
  const parameters: SqlValue[] = [];
  const bound = (value: string | number): string => `$${parameters.push(value)}`;
  const { scope, from, to, occurrence, version, only } = question;
  const by = question.by.map((dimension, index) => ({ ...dimension, column: `key${index}` }));
  const conditions = [
    `"of" IN ('message', 'run')`,
    `"at" >= ${bound(from)}`,
    ...(scope === undefined ? [] : [`${scope.kind} = ${bound(scope.id)}`]),
    ...(occurrence === undefined ? [] : [`occurrence = ${bound(occurrence)}`]),
    ...(version === undefined ? [] : [`version = ${bound(version)}`]),
    ...(only === undefined ? [] : [`metric IN (${ADDRESSED})`]),
  ];
  const belongs = `CASE WHEN metric IN ('suppressed', 'failed') THEN "at" ELSE coalesce(sent_at, "at") END`;
  const keys = by.map((dimension) => `${keyOf(dimension, bound)} AS ${dimension.column}`);
  const audience = by.some(({ kind }) => kind === 'tag' || kind === 'segment' || kind === 'trait');
  const columns = by.map(({ column }) => column);
  // Who was merged later were two people then: a report of a past time stays what it was.
  const sql = `WITH RECURSIVE ${homesSql('homes_then', bound(to))}${audience ? `, ${HOMES}` : ''}, ranged AS (
  SELECT f.* REPLACE (coalesce(h.home, f.profile) AS profile), f.profile AS teller, ${belongs} AS belongs
  FROM facts AS f LEFT JOIN homes_then AS h USING (profile) WHERE ${conditions.join(' AND ')}
), clocked AS (
  SELECT *, belongs + ${offsetSql(question.clocks, bound)} AS clock FROM ranged WHERE belongs >= ${bound(from)} AND belongs < ${bound(to)}
)${audience ? `, ${PEOPLE}` : ''}, keyed AS (
  SELECT ${['f.metric', 'f.standing', 'f.detail', 'f.machine', 'f.sent_at', 'f.message', 'f.profile', 'f.cost', 'f.amount', 'f.currency', 'f."of"', ...keys].join(', ')}
  FROM ${audience ? WITH_PEOPLE : 'clocked f'}
)
${[recipientsSql(columns), ...(only === undefined ? countersSql(columns) : [])].join('\nUNION ALL\n')}`;
  return { sql, parameters };
}

type Bound = (value: string | number) => string;

/** How far clocks are ahead at `belongs`. */
export function offsetSql(clocks: readonly ClockSegment[], bound: Bound): string {
  const [first, ...later] = clocks;
  const cases = later
    .toReversed()
    .map(({ since, offsetMs }) => `WHEN belongs >= ${bound(since)} THEN ${bound(offsetMs)}`);
  const otherwise = bound(first?.offsetMs ?? 0);
  return cases.length === 0 ? otherwise : `CASE ${cases.join(' ')} ELSE ${otherwise} END`;
}

const WEEKDAYS = `['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']`;

function keyOf({ kind, name }: Dimension, bound: Bound): string {
  switch (kind) {
    case 'time':
      return timeSql(name);
    case 'message':
      return `f.${name}`;
    case 'tag':
      return `list_contains(p.tags, ${bound(name)})`;
    case 'segment':
      return `list_contains(p.segments, ${bound(name)})`;
    case 'trait':
      // A JSON pointer: in a path, a name of one asterisk means all traits.
      return `json_extract_string(p.traits, ${bound(pointer([name]))})`;
  }
}

function timeSql(name: 'day' | 'hour' | 'weekday'): string {
  if (name === 'day') return `strftime(make_timestamp(f.clock * 1000), '%Y-%m-%d')`;
  if (name === 'hour') return `(f.clock // ${HOUR_MS}) % 24`;
  // The first of January 1970 was a Thursday.
  return `${WEEKDAYS}[((f.clock // ${24 * HOUR_MS} + 3) % 7) + 1]`;
}

/** People of each row, and of all rows together: a person in two rows is one person. */
function recipientsSql(columns: readonly string[]): string {
  const select = (isTotal: boolean): string => {
    const keys = isTotal ? [] : columns;
    const shown = ['key0', 'key1'].map((column) => (keys.includes(column) ? column : `NULL AS ${column}`));
    return `SELECT ${isTotal} AS "isTotal", ${shown.join(', ')}, 'recipients' AS counter, count(DISTINCT profile) AS count
FROM keyed WHERE "of" = 'message' AND metric IN (${ADDRESSED})${keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`}`;
  };
  return columns.length === 0 ? select(true) : `${select(true)}\nUNION ALL\n${select(false)}`;
}

function countersSql(columns: readonly string[]): string[] {
  const shown = ['key0', 'key1'].map((column) => (columns.includes(column) ? column : `NULL AS ${column}`)).join(', ');
  const select = (counter: string, count: string, where: string): string =>
    `SELECT false, ${shown}, ${counter}, ${count} FROM keyed WHERE ${where} GROUP BY ALL`;
  const isOfMessage = `"of" = 'message'`;
  return [
    select(
      `concat_ws(':', metric, coalesce(standing, detail))`,
      'count(*)',
      `${isOfMessage} AND ${HUMAN} AND metric IN (${COUNTED}) AND (metric <> 'left' OR (standing = 'unknown' AND sent_at IS NOT NULL))`,
    ),
    select(`'converted'`, 'count(*)', `"of" = 'run' AND metric = 'goal'`),
    select(`'opened'`, 'count(DISTINCT message)', `${isOfMessage} AND ${HUMAN} AND metric IN ('opened', 'clicked')`),
    select(`'clicked'`, 'count(DISTINCT message)', `${isOfMessage} AND ${HUMAN} AND metric = 'clicked'`),
    select(`metric || ':machine'`, 'count(*)', `${isOfMessage} AND machine AND metric IN ('opened', 'clicked')`),
    select(`'cost'`, 'sum(cost)', `metric = 'sent' AND cost > 0`),
    select(`'revenue:' || currency`, 'sum(amount)', `metric = 'revenue'`),
    select(`'orders:' || currency`, 'count(*)', `metric = 'revenue' AND amount >= 0`),
  ];
}

export const report = namedQuery<ReportQuestion>({
  // Opens and orders come later than their message, with no end.
  days: ({ from, to, only }) => ({ from: utcDay(from), ...(only === undefined ? {} : { to: utcDay(to) }) }),
  statement: reportSql,
});
