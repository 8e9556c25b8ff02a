import type { ExportSpec } from '../../jobs/export-spec.ts';
import { utcDay } from '../../time/utc-day.ts';
import { FACT_COLUMN_NAMES, FACT_COLUMNS } from '../fact-row.ts';
import { belongsTo } from './belongs.ts';
import { exportColumn } from './export-columns.ts';
import { type Days, quoted, type Statement } from './question.ts';

/** An export as one file. */
export interface ExportQuestion extends ExportSpec {
  query: 'export';
  /** Names the object: the same id is the same export. */
  id: string;
  /** Of a campaign's flow: its sendings whose audience is frozen. */
  sendings?: readonly ExportedSending[] | undefined;
  /** Of customers: when the job began, and how many lines its parts have at least. */
  since?: number | undefined;
  lines?: number | undefined;
}

/** A sending of a campaign. `variants`: their names, in their order; `pages` of each shard. */
export interface ExportedSending {
  id: string;
  at: number;
  version: number;
  variants: readonly string[];
  pages: readonly number[];
}

const CONVERSIONS = `(f."of" = 'message' AND f.metric = 'converted') OR (f."of" = 'run' AND f.metric = 'goal') OR f.metric = 'revenue'`;
const OF = {
  messages: `f."of" = 'message' AND f.metric NOT IN ('converted', 'revenue')`,
  conversions: CONVERSIONS,
} as const;

/** All columns of the facts `f`, as a file has them. */
export const factColumns = (format: ExportQuestion['format']): string =>
  FACT_COLUMN_NAMES.map((name) => exportColumn(`f."${name}"`, name, FACT_COLUMNS[name].type, format)).join(', ');

/** Days whose files are read: what a message brings comes later. */
export const exportDays = ({ from }: Pick<ExportQuestion, 'from'>): Days => ({ from: utcDay(from) });

export function exportStatement({ scope, from, to, format }: ExportQuestion, of: keyof typeof OF): Statement {
  const belongs = belongsTo('f.');
  const conditions = [
    `(${OF[of]})`,
    `${belongs} >= ${Math.trunc(from)}`,
    `${belongs} < ${Math.trunc(to)}`,
    ...(scope === undefined ? [] : [`f."${scope.kind}" = ${quoted(scope.id)}`]),
  ];
  return { sql: `SELECT ${factColumns(format)} FROM facts AS f WHERE ${conditions.join(' AND ')}`, parameters: [] };
}
