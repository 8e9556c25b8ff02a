import type { EpochMs } from '../ids.ts';

export const ATTRIBUTION_MODELS = ['first', 'last', 'linear', 'decay'] as const;
export type AttributionModel = (typeof ATTRIBUTION_MODELS)[number];

/** A message of the customer before an order, by what it is reported under. */
export interface Touch {
  key: string;
  at: EpochMs;
}

export interface Credit {
  key: string;
  /** Share of the order in millionths; an order's credits have a million. */
  share: number;
  /** In minor units; an order's credits have exactly what it brought. */
  revenue: number;
}

export const WHOLE_ORDER = 1_000_000;
const HALF_LIFE_MS = 7 * 24 * 3_600_000;
/** Weights are whole numbers, so that shares are found without rounding. A touch of a year ago weighs a little still. */
const RESOLUTION = 2 ** 52;

/**
 * Divides an order among the touches before it. `decay`: a touch weighs half as much as one that is 7 days younger. Touches of one key share one credit.
 * The rest of an uneven division goes to the largest remainders, among equal ones to the later touch: the same touches in any order give the same credits.
 */
export function creditsOf(
  model: AttributionModel,
  order: { at: EpochMs; revenue: number },
  touches: readonly Touch[],
): Credit[] {
  const inOrder = [...touches].sort((a, b) => b.at - a.at || (a.key < b.key ? -1 : 1));
  const weights = new Map<string, bigint>();
  for (const [index, touch] of inOrder.entries()) {
    const weight = weightOf(model, order.at - touch.at, { index, last: inOrder.length - 1 });
    weights.set(touch.key, (weights.get(touch.key) ?? 0n) + weight);
  }
  const keys = [...weights].filter(([, weight]) => weight > 0n);
  const parts = keys.map(([, weight]) => weight);
  const [shares, revenues] = [divideByWeights(WHOLE_ORDER, parts), divideByWeights(order.revenue, parts)];
  return keys.map(([key], index) => ({ key, share: shares[index] ?? 0, revenue: revenues[index] ?? 0 }));
}

/** `index`: 0 is the latest. */
function weightOf(model: AttributionModel, ageMs: number, { index, last }: { index: number; last: number }): bigint {
  switch (model) {
    case 'first':
      return index === last ? 1n : 0n;
    case 'last':
      return index === 0 ? 1n : 0n;
    case 'linear':
      return 1n;
    case 'decay':
      return BigInt(Math.max(1, Math.round(RESOLUTION * 2 ** (-Math.max(0, ageMs) / HALF_LIFE_MS))));
  }
}

/**
 * Divides a whole number by weights into whole numbers whose sum it is, each less than one from its exact part (largest remainder, or Hamilton's method).
 * Among equal remainders the first weight's comes first.
 * @see https://en.wikipedia.org/wiki/Quota_method
 */
export function divideByWeights(amount: number, weights: readonly bigint[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  if (all === 0n) return weights.map(() => 0);
  const [whole, sign] = [BigInt(Math.abs(amount)), amount < 0 ? -1 : 1];
  const parts = weights.map((weight, index) => ({
    index,
    quota: (whole * weight) / all,
    remainder: (whole * weight) % all,
  }));
  const left = whole - parts.reduce((sum, { quota }) => sum + quota, 0n);
  const larger = [...parts].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  const raised = new Set(larger.slice(0, Number(left)).map(({ index }) => index));
  // `-0` is no amount.
  return parts.map(({ index, quota }) => sign * (Number(quota) + (raised.has(index) ? 1 : 0)) || 0);
}
