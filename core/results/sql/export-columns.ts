import type { ExportFormat } from '../../jobs/export-spec.ts';

/** What a column of an export holds. `instant`: milliseconds; `json`: of any shape. */
export type ExportType = 'text' | 'texts' | 'json' | 'instant' | 'integer' | 'flag';

/**
 * Matches what a spreadsheet reads as a formula, also behind characters that it skips. `csvCell` normalises a text first; here the characters that
 * normalisation turns into these are listed. Keys of orders come from customers' events.
 */
const FORMULA = '^(?:[\\t\\r\\n]|[\\s\\p{Cc}\\p{Cf}\\p{Z}]*[=+\\-−@|＝＋－＠｜﹦﹢﹣﹫⁼⁺⁻₌₊₋])';
const safeText = (value: string): string =>
  `CASE WHEN regexp_matches(${value}, '${FORMULA}') THEN '''' || ${value} ELSE ${value} END`;

/** A column as a file of this format has it. CSV has no lists: they are JSON there. */
export function exportColumn(value: string, name: string, type: ExportType, format: ExportFormat): string {
  return `${written(value, type, format)} AS "${name}"`;
}

function written(value: string, type: ExportType, format: ExportFormat): string {
  if (type === 'instant')
    return format === 'parquet'
      ? `make_timestamptz(${value} * 1000)`
      : `strftime(make_timestamp(${value} * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')`;
  // Only a reader of JSON sees what is in it; elsewhere it is a text, which a number alone may be.
  if (type === 'json') return format === 'jsonl' ? value : `${value}::VARCHAR`;
  if (type === 'text' && format === 'csv') return safeText(value);
  return type === 'texts' && format === 'csv' ? `to_json(${value})` : value;
}
