import { RATES } from '../../core/goals/rates.ts';
import { FIGURES, type Row } from '../../core/results/row.ts';
import { csvCell, csvLines, csvValue } from '../../runtime/http/csv.ts';

/** A row's figures by their names in CSV: `suppressed` is their sum, `suppressed.daily-cap` those of one reason. */
function cellsOf(row: Row): Map<string, number> {
  const cells = new Map<string, number>();
  for (const name of Object.keys(FIGURES) as (keyof typeof FIGURES)[]) {
    const value = row[name];
    if (typeof value === 'number') cells.set(name, value);
    else
      cells.set(
        name,
        Object.values(value).reduce((sum, count) => sum + count, 0),
      );
  }
  for (const name of RATES) cells.set(`rates.${name}`, row.rates[name]);
  if (row.roi !== undefined) cells.set('roi', row.roi);
  for (const state of ['suppressed', 'failed'] as const)
    for (const [reason, count] of Object.entries(row[state])) cells.set(`${state}.${reason}`, count);
  for (const [currency, { orders, revenue }] of Object.entries(row.otherCurrencies ?? {})) {
    cells.set(`orders.${currency}`, orders);
    cells.set(`revenue.${currency}`, revenue);
  }
  return cells;
}

/** Names of figures that only some rows have come after those of all, in the order of their characters. */
function columnsOf(rows: readonly Map<string, number>[]): string[] {
  const always = [...Object.keys(FIGURES), ...RATES.map((name) => `rates.${name}`), 'roi'];
  const others = new Set(rows.flatMap((row) => [...row.keys()]).filter((name) => !always.includes(name)));
  return [...always, ...[...others].sort()];
}

/** The rows of a report, or its totals where it has none: a line each, under the names of their keys and figures. */
export function reportCsv({
  totals,
  rows,
}: {
  totals: Row;
  rows: readonly (Row & { key: Record<string, unknown> })[];
}): string {
  const lines =
    rows.length === 0
      ? [{ key: {}, cells: cellsOf(totals) }]
      : rows.map((row) => ({ key: row.key, cells: cellsOf(row) }));
  const keys = Object.keys(lines[0]?.key ?? {});
  const columns = columnsOf(lines.map(({ cells }) => cells));
  const written = lines.map(({ key, cells }) => [
    ...keys.map((name) => csvValue((key as Record<string, unknown>)[name])),
    ...columns.map((name) => csvValue(cells.get(name))),
  ]);
  return csvLines([[...keys, ...columns].map(csvCell), ...written]);
}
