import { utcDay } from '../../time/utc-day.ts';
import { FACT_COLUMN_NAMES } from '../fact-row.ts';
import { exportColumn } from './export-columns.ts';
import { type ExportQuestion, factColumns } from './exports.ts';
import { HOMES_BY_MERGES } from './homes.ts';
import { type Days, quoted, type SortedStatement } from './question.ts';

/** Names of steps that `of` and `metric` do not say by themselves. */
const STEP = `CASE
    WHEN f."of" = 'node' THEN 'node-' || f.metric
    WHEN f.metric = 'outcome' THEN 'ended'
    WHEN f.metric = 'goal' THEN 'converted'
    ELSE f.metric END`;

/** In which order steps are that happened in one millisecond: a person enters before the first node, and leaves a node before the next. */
const RANK = `CASE f.metric
    WHEN 'frozen' THEN 0 WHEN 'left' THEN 1 WHEN 'taken' THEN 1 WHEN 'way' THEN 2 WHEN 'entered' THEN CASE f."of" WHEN 'run' THEN 0 ELSE 3 END
    WHEN 'outcome' THEN 9 ELSE 4 END`;

/** Columns of a line of the file of a campaign's audiences. */
const AUDIENCE = {
  profile: 'VARCHAR',
  at: 'BIGINT',
  occurrence: 'VARCHAR',
  version: 'BIGINT',
  variant: 'VARCHAR',
  group: 'VARCHAR',
} as const;
/** Who was in the frozen audience of a sending. */
export type AudienceFact = { [Name in keyof typeof AUDIENCE]: string | number | null };

/** They are read like facts: each person of an audience, once for each sending. */
function frozen(campaign: string, path: string): string {
  const known: Partial<Record<string, string>> = {
    id: `'frozen:' || a.occurrence || ':' || a.profile`,
    at: 'a."at"',
    of: `'audience'`,
    metric: `'frozen'`,
    detail: 'a."group"',
    machine: 'false',
    profile: 'a.profile',
    campaign: quoted(campaign),
    occurrence: 'a.occurrence',
    variant: 'a.variant',
    version: 'a.version',
  };
  const columns = Object.entries(AUDIENCE).map(([name, type]) => `${quoted(name)}: ${quoted(type)}`);
  const listed = FACT_COLUMN_NAMES.map((name) => `${known[name] ?? 'NULL'} AS "${name}"`);
  return `SELECT ${listed.join(', ')} FROM read_json(${quoted(path)}, format = 'newline_delimited', columns = {${columns.join(', ')}}) AS a`;
}

export const flowDays = ({ from, to }: Pick<ExportQuestion, 'from' | 'to'>): Days => ({
  from: utcDay(from),
  to: utcDay(to),
});

/**
 * Everything that happened to everybody in a campaign or journey, by person and instant. `audience`: the file of those whom its sendings were frozen with. A
 * message that leaves its place among the counts (`left`) is no step.
 */
export function flowStatement(
  { scope, from, to, format }: ExportQuestion,
  audience: string | undefined,
): SortedStatement {
  if (scope === undefined) throw new Error('a flow is of a campaign or journey');
  const conditions = [
    `"of" IN ('run', 'node', 'message')`,
    `NOT ("of" = 'message' AND metric = 'left')`,
    `"${scope.kind}" = ${quoted(scope.id)}`,
    `"at" >= ${Math.trunc(from)}`,
    `"at" < ${Math.trunc(to)}`,
  ];
  const steps = `SELECT ${FACT_COLUMN_NAMES.map((name) => `"${name}"`).join(', ')} FROM facts WHERE ${conditions.join(' AND ')}`;
  const all = audience === undefined ? steps : `${steps} UNION ALL ${frozen(scope.id, audience)}`;
  return {
    sql: `WITH RECURSIVE ${HOMES_BY_MERGES}, steps AS (${all}), f AS (
    SELECT s.*, coalesce(h.home, s.profile, '') AS person FROM steps AS s LEFT JOIN homes AS h ON h.profile = s.profile
  ) SELECT ${exportColumn('f.person', 'person', 'text', format)}, ${exportColumn(STEP, 'step', 'text', format)}, ${factColumns(format)},
    f.person AS by_person, f."at" AS by_at, ${RANK} AS by_rank, f.id AS by_id, coalesce(unicode(f.person), 0) AS by_bucket FROM f`,
    parameters: [],
    sortBy: { bucket: 'by_bucket', columns: ['by_person', 'by_at', 'by_rank', 'by_id'] },
  };
}
