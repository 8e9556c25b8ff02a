import type { ExportFormat, ExportSpec } from '../../jobs/export-spec.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS } from '../fact-row.ts';
import type { Statement } from './question.ts';

/** An export as one file. */
export interface ExportQuestion extends ExportSpec {
  query: 'export';
  /** Names the object: the same id is the same export. */
  id: string;
}

const CONVERSIONS = `(f."of" = 'message' AND f.metric = 'converted') OR (f."of" = 'run' AND f.metric = 'goal') OR f.metric = 'revenue'`;
const OF: Record<ExportQuestion['of'], string> = {
  messages: `f."of" = 'message' AND f.metric NOT IN ('converted', 'revenue')`,
  conversions: CONVERSIONS,
};

/**
 * Matches what a spreadsheet reads as a formula, also behind characters that it skips. `csvCell` normalises a text first; here the characters that
 * normalisation turns into these are listed. Keys of orders come from customers' events.
 */
const FORMULA = '^(?:[\\t\\r\\n]|[\\s\\p{Cc}\\p{Cf}\\p{Z}]*[=+\\-−@|＝＋－＠｜﹦﹢﹣﹫⁼⁺⁻₌₊₋])';
const safeText = (value: string): string =>
  `CASE WHEN regexp_matches(${value}, '${FORMULA}') THEN '''' || ${value} ELSE ${value} END`;

/** CSV has no lists: they are JSON there. */
const column = (name: (typeof FACT_COLUMN_NAMES)[number], format: ExportFormat): string => {
  const { type } = FACT_COLUMNS[name];
  if (type === 'instant')
    return format === 'parquet'
      ? `make_timestamptz(f."${name}" * 1000) AS "${name}"`
      : `strftime(make_timestamp(f."${name}" * 1000), '%Y-%m-%dT%H:%M:%S.%gZ') AS "${name}"`;
  if (type === 'text' && format === 'csv') return `${safeText(`f."${name}"`)} AS "${name}"`;
  return type === 'texts' && format === 'csv' ? `to_json(f."${name}") AS "${name}"` : `f."${name}"`;
};

export function exportStatement({ of, scope, from, to, format }: ExportQuestion): Statement {
  const belongs = 'coalesce(f.sent_at, f."at")';
  // A statement that copies takes no parameters: the instants are numbers, and a text is quoted.
  const conditions = [
    `(${OF[of]})`,
    `${belongs} >= ${Math.trunc(from)}`,
    `${belongs} < ${Math.trunc(to)}`,
    ...(scope === undefined ? [] : [`f."${scope.kind}" = '${scope.id.replaceAll("'", "''")}'`]),
  ];
  return {
    sql: `SELECT ${FACT_COLUMN_NAMES.map((name) => column(name, format)).join(', ')} FROM facts AS f WHERE ${conditions.join(' AND ')}`,
    parameters: [],
  };
}
