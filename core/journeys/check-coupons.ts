import type { CheckView } from '../definitions/check-view.ts';
import type { Issue } from '../definitions/definition.ts';
import { couponNeededBy } from '../templates/needed-coupon.ts';
import { reachedFrom } from './check-graph.ts';
import { exitsOf } from './graph.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

/** Returns a warning for each text that needs a coupon and can be reached without passing a coupon node. */
export function missingCouponWarnings(journey: Journey, view: Pick<CheckView, 'couponIn'>): Issue[] {
  const drawing = Object.values(journey.nodes).filter(({ type }) => type === 'coupon');
  const behind = reachedFrom(
    journey,
    drawing.flatMap((node) => exitsOf(node).map((exit) => exit.node)),
  );
  return Object.entries(journey.nodes).flatMap(([id, node]) => {
    if (behind.has(id)) return [];
    const here = `/nodes/${id}`;
    const coupon = node.type === 'send' ? view.couponIn(node.template) : undefined;
    return [
      ...(coupon === undefined ? [] : [{ path: `${here}/template`, message: needs(coupon, 'the message fails') }]),
      ...(typeOf(node).texts?.(node) ?? []).flatMap(({ path, text }) => {
        const needed = couponNeededBy(text);
        return needed === undefined ? [] : [{ path: here + path, message: needs(needed, 'it has no value') }];
      }),
    ];
  });
}

const needs = (variable: string, so: string): string => `needs ${variable}, and no coupon node lies before: ${so}`;
