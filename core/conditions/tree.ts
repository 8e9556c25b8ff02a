import type { Leaf } from './atoms/registry.ts';
import type { JourneyCondition } from './schema.ts';

/** The conditions in a condition that hold no others. */
export function leavesOf(condition: JourneyCondition): Leaf[] {
  if ('all' in condition) return condition.all.flatMap(leavesOf);
  if ('any' in condition) return condition.any.flatMap(leavesOf);
  if ('not' in condition) return leavesOf(condition.not);
  return [condition];
}
