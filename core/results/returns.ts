/** What came back for what was spent; both in the same unit. Undefined where nothing was spent: there is no return on nothing. */
export const roiOf = (revenue: number, cost: number): number | undefined =>
  cost === 0 ? undefined : (revenue - cost) / cost;

/** What an order cost to bring about; undefined without one. */
export const cacOf = (cost: number, orders: number): number | undefined => (orders === 0 ? undefined : cost / orders);
