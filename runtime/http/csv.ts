/** Blanks, control and format characters, which a spreadsheet may skip before a formula. */
const SKIPPED = /^[\s\p{Cc}\p{Cf}\p{Z}]+/u;
/** After compatibility normalisation, so that `＝` is `=`. */
const FORMULA = /^[=+\-−@|]/;
/** Most characters in which a spreadsheet may look for a formula. */
const HEAD = 256;

/**
 * Formats a CSV cell (RFC 4180), also for spreadsheets whose separator is `;`. A value that a spreadsheet would read as a formula becomes text
 * (OWASP: CSV injection).
 */
export function csvCell(value: string): string {
  const head = value.slice(0, HEAD);
  const isFormula = FORMULA.test(head.normalize('NFKC').replace(SKIPPED, '')) || /^[\t\r\n]/.test(head);
  const safe = isFormula ? `'${value}` : value;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Formats a cell of any value; a list within a cell is joined by blanks. Numbers are ours, and no formulas, even below zero. */
export function csvValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  return csvCell(Array.isArray(value) ? value.join(' ') : String(value));
}

/** Formats lines of cells that are formatted already. */
export const csvLines = (lines: readonly (readonly string[])[]): string =>
  lines.map((cells) => `${cells.join(',')}\r\n`).join('');
