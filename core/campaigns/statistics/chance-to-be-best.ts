import type { Density } from './densities.ts';

/** Cells in which a density is tabulated. With 2,000 the chance is exact to 0.00001. */
const CELLS = 2_000;

interface Table extends Density {
  /** Mass of each cell; together 1. */
  mass: number[];
  /** Mass below the lower edge of each cell, and 1 at the end. */
  below: number[];
}

/**
 * Returns for each density the chance that its value is the highest of all: ∫ fᵢ(x) ∏ Fⱼ(x) dx over j ≠ i. It is summed over cells instead of drawn, so
 * that it is the same at each call and needs no random numbers.
 */
export function chanceToBeBest(densities: readonly Density[]): number[] {
  const tables = densities.map(tabulate);
  const chances = tables.map((table, own) =>
    table.mass.reduce((sum, mass, cell) => {
      const x = middleOf(table, cell);
      return (
        tables.reduce((product, other, index) => (index === own ? product : product * massBelow(other, x)), mass) + sum
      );
    }, 0),
  );
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  return chances.map((chance) => chance / total);
}

function tabulate(density: Density): Table {
  const logs = Array.from({ length: CELLS }, (_, cell) => density.log(middleOf(density, cell)));
  // Relative to the highest: a density of a million people underflows otherwise.
  const highest = Math.max(...logs);
  const heights = logs.map((log) => Math.exp(log - highest));
  const total = heights.reduce((sum, height) => sum + height, 0);
  const mass = heights.map((height) => height / total);
  const below = [0];
  for (const [cell, one] of mass.entries()) below.push((below[cell] ?? 0) + one);
  return { ...density, mass, below };
}

const middleOf = ({ low, high }: Density, cell: number): number => low + ((high - low) * (cell + 0.5)) / CELLS;

function massBelow({ low, high, mass, below }: Table, x: number): number {
  const place = ((x - low) / (high - low)) * CELLS;
  if (place <= 0) return 0;
  if (place >= CELLS) return 1;
  const cell = Math.floor(place);
  return (below[cell] ?? 1) + (place - cell) * (mass[cell] ?? 0);
}
