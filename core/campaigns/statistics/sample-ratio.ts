/** A variant as it was meant, by weight, and as it came, in people. */
export interface Split {
  weight: number;
  people: number;
}

/** A split this unlikely is no chance: its draw, or the counting, is at fault (GrowthBook's threshold). */
const MISMATCH_BELOW = 0.001;
/** Fewer expected in some variant, and χ² is no approximation. */
const LEAST_EXPECTED = 5;

/**
 * Returns how likely variants would differ this much or more from their weights by chance (Pearson's χ²), and whether that is too unlikely; undefined
 * while there are too few people to say. Only people that were drawn by weight count: not those of a variant with `if`.
 */
export function sampleRatio(splits: readonly Split[]): { p: number; mismatch: boolean } | undefined {
  const people = splits.reduce((sum, split) => sum + split.people, 0);
  const weight = splits.reduce((sum, split) => sum + split.weight, 0);
  if (splits.some((split) => split.weight === 0 && split.people > 0)) return { p: 0, mismatch: true };
  const cells = splits
    .filter((split) => split.weight > 0)
    .map((split) => ({ people: split.people, expected: (people * split.weight) / weight }));
  if (cells.length < 2 || cells.some(({ expected }) => expected < LEAST_EXPECTED)) return undefined;
  const chiSquare = cells.reduce((sum, cell) => sum + (cell.people - cell.expected) ** 2 / cell.expected, 0);
  const p = chiSquareTail(chiSquare, cells.length - 1);
  return { p, mismatch: p < MISMATCH_BELOW };
}

/** The series ends when its terms no longer count; a tail that needs more of them is 0. */
const MAX_TERMS = 2_000;

/**
 * Returns the probability that χ² with `freedom` degrees exceeds `value`, to 1e-12: 1 − P(freedom / 2, value / 2), by the series of the incomplete gamma
 * function.
 * @see https://dlmf.nist.gov/8.11#E4
 */
export function chiSquareTail(value: number, freedom: number): number {
  const [x, a] = [value / 2, freedom / 2];
  if (x > MAX_TERMS / 4) return 0;
  let term = Math.exp(a * Math.log(x) - x - logGammaOfHalves(freedom + 2));
  if (x === 0) return 1;
  let sum = term;
  for (let step = 1; step < MAX_TERMS && term > sum * 1e-17; step += 1) {
    term *= x / (a + step);
    sum += term;
  }
  return Math.max(0, 1 - sum);
}

/** Returns ln Γ(halves / 2), from Γ(1/2) = √π or Γ(1) = 1 up. */
function logGammaOfHalves(halves: number): number {
  let log = halves % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let at = halves % 2 === 0 ? 2 : 1; at < halves; at += 2) log += Math.log(at / 2);
  return log;
}
