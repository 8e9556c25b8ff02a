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
