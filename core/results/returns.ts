/** Costs are whole millionths of the major unit of the settings' currency: an SMS may cost less than a minor unit. */
export const MILLIONTHS = 1_000_000;

/** Return on what was spent, both in the same unit; undefined unless something was spent. */
export const roiOf = (revenue: number, cost: number): number | undefined =>
  cost > 0 ? (revenue - cost) / cost : undefined;

/** Cost by order; undefined without one. */
export const cacOf = (cost: number, orders: number): number | undefined => (orders === 0 ? undefined : cost / orders);
