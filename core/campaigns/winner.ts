/** What a variant has reached until the winner is chosen. */
export interface VariantResult {
  name: string;
  /** People to whom it was sent. */
  sent: number;
  /** People who converted, clicked or opened; or their revenue in minor units. */
  reached: number;
}

/** Why a variant is the winner: it has the highest rate, the highest with others, or is the first because some variant was sent to too few. */
export type WinnerReason = 'highest-rate' | 'tie' | 'under-at-least';

/**
 * Returns the variant that the rest of the audience gets: the highest rate (what was reached, by what was sent) once each has `atLeast` sent, else the
 * first. Of several with the highest rate it is the first. The same results give the same winner. @throws RangeError without variants
 */
export function winnerOf(variants: readonly VariantResult[], atLeast: number): { name: string; why: WinnerReason } {
  const [first] = variants;
  if (first === undefined) throw new RangeError('no variants to choose from');
  if (variants.some(({ sent }) => sent < atLeast)) return { name: first.name, why: 'under-at-least' };
  // Equal fractions divide to equal numbers.
  const highest = Math.max(...variants.map(rateOf));
  const [best = first, ...others] = variants.filter((variant) => rateOf(variant) === highest);
  return { name: best.name, why: others.length === 0 ? 'highest-rate' : 'tie' };
}

export const rateOf = ({ sent, reached }: VariantResult): number => (sent === 0 ? 0 : reached / sent);
