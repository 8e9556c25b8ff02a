/**
 * A sum without rounding in between, so that neither order nor ten times 0.1 makes a difference: non-overlapping partial sums
 * (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997, as in Python's `math.fsum`), rounded once when read.
 */
export class ExactSum {
  #partials: number[] = [];

  add(value: number): void {
    let carried = value;
    const kept: number[] = [];
    for (const partial of this.#partials) {
      const [large, small] = Math.abs(carried) < Math.abs(partial) ? [partial, carried] : [carried, partial];
      const high = large + small;
      const low = small - (high - large);
      if (low !== 0) kept.push(low);
      carried = high;
    }
    kept.push(carried);
    this.#partials = kept;
  }

  /** The nearest number to the true sum; ties go to even. */
  get value(): number {
    const partials = this.#partials;
    let index = partials.length - 1;
    let high = partials[index] ?? 0;
    let low = 0;
    while (index > 0 && low === 0) {
      index -= 1;
      const part = partials[index] ?? 0;
      const sum = high + part;
      low = part - (sum - high);
      high = sum;
    }
    // Half-way between two numbers, the lower parts decide.
    const next = partials[index - 1] ?? 0;
    const isOut = low !== 0 && Math.sign(low) === Math.sign(next) && high + 2 * low - high === 2 * low;
    return isOut ? high + 2 * low : high;
  }
}
