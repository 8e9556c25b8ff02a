import { csvCell, csvLines, csvValue } from '../../runtime/http/csv.ts';

/** Items as CSV with these columns. */
export const itemsCsv = (columns: readonly string[], items: readonly object[]): string =>
  csvLines([
    columns.map(csvCell),
    ...items.map((item) => columns.map((name) => csvValue((item as Record<string, unknown>)[name]))), // by its name
  ]);
