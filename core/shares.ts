import { hashOf } from './ids.ts';

/** Returns a share, 0 ≤ share < 1 in 50 bits, always the same for these parts, evenly distributed over different ones. */
export function shareOf(...parts: string[]): number {
  const hash = hashOf(...parts);
  return (hash.readUIntBE(0, 6) * 4 + (hash.readUInt8(6) >> 6)) / 2 ** 50;
}

/** Returns the one of `ways` in whose part of the whole, by weight, the share lies; undefined if none has a weight. */
export function byWeight<Way extends { weight: number }>(share: number, ways: readonly Way[]): Way | undefined {
  let left = share * ways.reduce((sum, way) => sum + way.weight, 0);
  for (const way of ways) {
    if (left < way.weight) return way;
    left -= way.weight;
  }
  // Rounding errors: take the last way with a weight.
  return ways.findLast((way) => way.weight > 0);
}
