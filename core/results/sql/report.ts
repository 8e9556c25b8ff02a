import type { EpochMs } from '../../ids.ts';
import { pointer } from '../../json-pointer.ts';
import type { ReportScope } from '../../metrics/cells.ts';
import { HOUR_MS } from '../../time/units.ts';
import { utcDay } from '../../time/utc-day.ts';
import type { ClockSegment } from '../clock-segments.ts';
import type { Dimension } from '../dimensions.ts';
import { belongsTo } from './belongs.ts';
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
const ADDRESSED = `metric IN ('sent', 'suppressed', 'failed', 'unknown')`;
/** Those that know what the recipient was. */
const KNOWING = `metric IN ('sent', 'suppressed', 'failed')`;

/** A dimension of the rows, with its place among them. */
type Key = Dimension & { column: string };
const isOfAudience = ({ kind }: Dimension): boolean => kind === 'tag' || kind === 'segment' || kind === 'trait';

/**
 * SQL over the view `facts` (the data lake's rows, each id once; instants are milliseconds) with its parameters: the same counters as the cells', which
 * `core/metrics/cells.ts` defines. Facts are joined with their recipients and counted in one pass each, for there may be millions of them.
 */
export function reportSql(question: ReportQuestion): Statement {
  const parameters: SqlValue[] = [];
  const bound = (value: string | number): string => `$${parameters.push(value)}`;
  const { scope, from, to, occurrence, version, only } = question;
  const keys = question.by.map((dimension, index): Key => ({ ...dimension, column: `key${index}` }));
  const ofScope = scope === undefined ? undefined : `${scope.kind} = ${bound(scope.id)}`;
  // All facts of a message have the same; its channel may change when it is sent again.
  const ofSource = scope?.kind === 'campaign' || scope?.kind === 'journey' ? ofScope : undefined;
  const isInScope = [
    `"at" >= ${bound(from)}`,
    ...(ofScope === undefined ? [] : [ofScope]),
    ...(occurrence === undefined ? [] : [`occurrence = ${bound(occurrence)}`]),
    ...(version === undefined ? [] : [`version = ${bound(version)}`]),
    ...(only === undefined ? [`"of" IN ('message', 'run')`] : [`"of" = 'message'`, ADDRESSED]),
  ];
  // Who was merged later were two people then: a report of a past time stays what it was.
  const ranged = `ranged AS (
  SELECT f.* REPLACE (coalesce(h.home, f.profile) AS profile), f.profile AS teller, ${belongsTo()} AS belongs
  FROM facts AS f LEFT JOIN homes_then AS h USING (profile) WHERE ${isInScope.join(' AND ')}
), clocked AS (
  SELECT *, belongs + ${offsetSql(question.clocks, bound)} AS clock FROM ranged WHERE belongs >= ${bound(from)} AND belongs < ${bound(to)}
)`;
  const columns = keys.map(({ column }) => column);
  const parts = only === undefined ? [peopleSql(columns), countersSql(columns)] : [peopleSql(columns)];
  const homes = [homesSql('homes_then', bound(to)), ...(keys.some(isOfAudience) ? [HOMES] : [])];
  const sql = `WITH RECURSIVE ${homes.join(', ')}, ${ranged}, ${keyedSql(keys, ofSource, bound)}
${parts.join('\nUNION ALL\n')}`;
  return { sql, parameters };
}

/** What is read of a fact to count it. */
const READ = [
  'metric',
  'standing',
  'detail',
  'machine',
  'sent_at',
  'message',
  'profile',
  'cost',
  'amount',
  'currency',
  '"of"',
];

/**
 * Facts with the keys of their rows. What the recipient was is known by message. A conversion does not name its message: in a campaign's occurrence each
 * person has one, whatever profiles they were merged of since; in a run it is the node's newest. Joins are by equality alone: a condition on one side beside
 * it makes them quadratic.
 */
function keyedSql(keys: readonly Key[], ofSource: string | undefined, bound: Bound): string {
  const own = keys.filter((key) => !isOfAudience(key));
  const asked = keys.filter(isOfAudience);
  const read = READ.map((column) => `f.${column}`);
  const plain = own.map((key) => `${keyOf(key, bound)} AS ${key.column}`);
  if (asked.length === 0) return `keyed AS (SELECT ${[...read, ...plain].join(', ')} FROM clocked AS f)`;
  const columns = asked.map(({ column }) => column);
  const newest = columns.map((column) => `arg_max_null(${column}, "at") AS ${column}`).join(', ');
  const either = columns.map(
    (column) => `CASE WHEN r.person IS NULL THEN w.${column} ELSE r.${column} END AS ${column}`,
  );
  return `known AS (
  SELECT message, coalesce(h.home, f.profile) AS person, campaign, occurrence, run, node, "at", ${asked.map((key) => `${keyOf(key, bound)} AS ${key.column}`).join(', ')}
  FROM facts AS f LEFT JOIN homes AS h USING (profile) WHERE "of" = 'message' AND ${KNOWING} AND tags IS NOT NULL${ofSource === undefined ? '' : ` AND ${ofSource}`}
), people AS (
  SELECT message, ${newest} FROM known GROUP BY message
), without_message AS (
  SELECT c.*, coalesce(h.home, c.teller) AS person FROM clocked AS c LEFT JOIN homes AS h ON h.profile = c.teller WHERE c.message IS NULL
), recipients AS (
  SELECT person, campaign, occurrence, ${newest} FROM known SEMI JOIN without_message USING (person)
  WHERE campaign IS NOT NULL GROUP BY person, campaign, occurrence
), walkers AS (
  SELECT run, node, ${newest} FROM known WHERE run IS NOT NULL GROUP BY run, node
), keyed AS (
  SELECT ${[...read, ...plain, ...columns.map((column) => `p.${column}`)].join(', ')}
  FROM clocked AS f LEFT JOIN people AS p ON p.message = f.message WHERE f.message IS NOT NULL
  UNION ALL BY NAME
  SELECT ${[...read, ...plain, ...either].join(', ')}
  FROM without_message AS f LEFT JOIN recipients AS r ON r.person = f.person AND r.campaign = f.campaign AND r.occurrence = f.occurrence
    LEFT JOIN walkers AS w ON w.run = f.run AND w.node = f.node
)`;
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
      return `list_contains(f.tags, ${bound(name)})`;
    case 'segment':
      return `list_contains(f.segments, ${bound(name)})`;
    case 'trait':
      // A JSON pointer: in a path, a name of one asterisk means all traits.
      return `json_extract_string(f.traits, ${bound(pointer([name]))})`;
  }
}

function timeSql(name: 'day' | 'hour' | 'weekday'): string {
  if (name === 'day') return `strftime(make_timestamp(f.clock * 1000), '%Y-%m-%d')`;
  if (name === 'hour') return `(f.clock // ${HOUR_MS}) % 24`;
  // The first of January 1970 was a Thursday.
  return `${WEEKDAYS}[((f.clock // ${24 * HOUR_MS} + 3) % 7) + 1]`;
}

const shownOf = (columns: readonly string[]): string =>
  ['key0', 'key1'].map((column) => (columns.includes(column) ? column : `NULL AS ${column}`)).join(', ');
const groupedBy = (columns: readonly string[]): string =>
  columns.length === 0 ? '' : ` GROUP BY ${columns.join(', ')}`;

/** People of each row, and of all rows together: a person in two rows is one person. */
function peopleSql(columns: readonly string[]): string {
  const select = (isTotal: boolean, keys: readonly string[]): string =>
    `SELECT ${isTotal} AS "isTotal", ${shownOf(keys)}, 'recipients' AS counter, count(DISTINCT profile) AS count
FROM keyed WHERE "of" = 'message' AND ${ADDRESSED}${groupedBy(keys)}`;
  return columns.length === 0 ? select(true, []) : `${select(true, [])}\nUNION ALL\n${select(false, columns)}`;
}

/** Counters of each row: those of facts by what the facts have in common, and those of messages, however often something happened to them. */
function countersSql(columns: readonly string[]): string {
  const kinds = ['"of"', 'metric', 'standing', 'detail', 'machine', 'currency', 'sent_at IS NOT NULL'];
  const facts = `SELECT ${[...columns, ...kinds].join(', ')} AS "wasSent", count(*) AS facts, sum(cost) FILTER (cost > 0) AS cost, sum(amount) AS amount,
    count(*) FILTER (amount >= 0) AS orders FROM keyed GROUP BY ALL`;
  const select = (counter: string, count: string, where: string): string =>
    `SELECT false, ${shownOf(columns)}, ${counter}, ${count} FROM counted WHERE ${where} GROUP BY ALL`;
  const isOfHuman = `"of" = 'message' AND NOT machine`;
  const messages = (counter: string, metrics: string): string =>
    `SELECT false, ${shownOf(columns)}, '${counter}', count(DISTINCT message) FROM keyed WHERE ${isOfHuman} AND (${metrics}) GROUP BY ALL`;
  return `SELECT * FROM (WITH counted AS (${facts})
${[
  select(
    `concat_ws(':', metric, coalesce(standing, detail))`,
    'sum(facts)',
    `${isOfHuman} AND metric IN (${COUNTED}) AND (metric <> 'left' OR (standing = 'unknown' AND "wasSent"))`,
  ),
  select(`'converted'`, 'sum(facts)', `"of" = 'run' AND metric = 'goal'`),
  select(`metric || ':machine'`, 'sum(facts)', `"of" = 'message' AND machine AND metric IN ('opened', 'clicked')`),
  select(`'cost'`, 'sum(cost)', `metric = 'sent' AND cost > 0`),
  select(`'revenue:' || currency`, 'sum(amount)', `metric = 'revenue'`),
  select(`'orders:' || currency`, 'sum(orders)', `metric = 'revenue' AND orders > 0`),
].join('\nUNION ALL\n')})
UNION ALL
${messages('opened', `metric = 'opened' OR metric = 'clicked'`)}
UNION ALL
${messages('clicked', `metric = 'clicked'`)}`;
}

export const report = namedQuery<ReportQuestion>({
  // Opens and orders come later than their message, with no end.
  days: ({ from, to, only }) => ({ from: utcDay(from), ...(only === undefined ? {} : { to: utcDay(to) }) }),
  statement: reportSql,
});
