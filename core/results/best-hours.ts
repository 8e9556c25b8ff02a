/** Messages that were sent in one hour of the week, in the customers' own timezones. */
export interface HourCell {
  /** 0 is Monday. */
  weekday: number;
  hour: number;
  sent: number;
  opened: number;
  clicked: number;
}

/** An hour with fewer messages says nothing. */
const LEAST_SENT = 20;
const BEST = 3;
const Z = 1.959964;

/**
 * Lower end of the 95 % interval of a rate, by Wilson: 1 of 1 does not come before 300 of 1,000.
 * @see https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilsonLow(count: number, total: number): number {
  if (total === 0) return 0;
  const rate = count / total;
  const square = Z ** 2 / total;
  return (rate + square / 2 - Z * Math.sqrt((rate * (1 - rate)) / total + square / (4 * total))) / (1 + square);
}

/**
 * Returns the hours in which most of those who were sent to clicked, or opened where nobody clicked: at most 3, surest first; of equal ones the earlier
 * in the week. It compares hours as they came, not as they were drawn: what is sent in the evening may be another message to others.
 */
export function bestHours<Cell extends HourCell>(cells: readonly Cell[]): Cell[] {
  const enough = cells.filter(({ sent }) => sent >= LEAST_SENT);
  const by = enough.some(({ clicked }) => clicked > 0) ? 'clicked' : 'opened';
  return enough
    .filter((cell) => cell[by] > 0)
    .map((cell) => ({ cell, low: wilsonLow(Math.min(cell[by], cell.sent), cell.sent) }))
    .sort((a, b) => b.low - a.low || a.cell.weekday - b.cell.weekday || a.cell.hour - b.cell.hour)
    .slice(0, BEST)
    .map(({ cell }) => cell);
}
