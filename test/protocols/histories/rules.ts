import type { Histories } from '../script.ts';

const SECOND = 1 / 3600;

/** Rules that change while customers act, and instances that still have the older ones. */
export const changes: Histories = {
  'a new rule while the customer is busy': (script) =>
    script
      .track('user', 'u', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.5, 'Product Added', { cart: 'b' })
      .call(1, { rules: 'keen' })
      .track('user', 'u', 1 + SECOND, 'Product Added', { cart: 'c' })
      .track('user', 'u', 1 + 2 * SECOND, 'Page Viewed')
      .track('user', 'u', 1 + 3 * SECOND, 'Page Viewed')
      .track('user', 'u', 1 + 8 * SECOND, 'Page Viewed')
      .until(12),
  'a rule that asks for something else': (script) =>
    script
      .identify('u', 0, { city: 'Wuxi' })
      .track('user', 'u', 0.2, 'Order Completed', { cart: 'a' })
      .call(1, { rules: 'buyer' })
      .tag('u', 1 + SECOND, 'vip')
      .tag('u', 1 + 2 * SECOND, 'vip', false)
      .track('user', 'u', 1.5, 'Order Completed', { cart: 'b' })
      .until(12),
  'a new rule just before a merge': (script) =>
    script
      .visitor(0.1, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.2, 'Product Added', { cart: 'b' })
      .call(0.5, { rules: 'keen' })
      .identify('u', 0.5 + SECOND, {}, 'x')
      .track('anonymous', 'x', 0.5 + 2 * SECOND, 'Product Added', { cart: 'c' })
      .track('user', 'u', 0.5 + 3 * SECOND, 'Page Viewed')
      .until(12),
  'a new rule in the midst of a merge': (script) =>
    script
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'a' })
      .track('user', 'u', 0.2, 'Product Added', { cart: 'b' })
      .identify('u', 0.5, {}, 'x')
      .track('anonymous', 'x', 0.5, 'Product Added', { cart: 'c' })
      .call(0.5, { rules: 'keen' })
      .track('user', 'u', 0.5 + SECOND, 'Page Viewed')
      .until(12),
};
