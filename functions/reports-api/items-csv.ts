import { csvCell } from '../../runtime/http/csv.ts';

/** Items as CSV with these columns; a list within a cell is joined by blanks. Numbers are ours, and no formulas, even below zero. */
export const itemsCsv = (columns: readonly string[], items: readonly object[]): string =>
  [columns.map(csvCell), ...items.map((item) => columns.map((name) => textOf((item as Record<string, unknown>)[name])))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('');

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  return csvCell(Array.isArray(value) ? value.join(' ') : String(value));
}
