/** Blanks, control and format characters, that a spreadsheet may skip before it looks for a formula. */
const SKIPPED = /^[\s\p{Cc}\p{Cf}\p{Z}]+/u;
/** After compatibility normalisation, so that `＝` is `=`. */
const FORMULA = /^[=+\-−@|]/;
/** As far as a spreadsheet may look for one. */
const HEAD = 256;

/** RFC 4180, and for spreadsheets whose separator is `;` that one too. A value that a spreadsheet would take for a formula is made text (OWASP: CSV injection). */
export function csvCell(value: string): string {
  const head = value.slice(0, HEAD);
  const isFormula = FORMULA.test(head.normalize('NFKC').replace(SKIPPED, '')) || /^[\t\r\n]/.test(head);
  const safe = isFormula ? `'${value}` : value;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
