/** Deeper JSON would end somewhere as an overflowing stack. */
export const MOST_LEVELS = 100;

/** Looks no deeper than asked. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));
