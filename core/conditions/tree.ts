import type { Leaf } from './predicates/registry.ts';
import type { JourneyCondition } from './schema.ts';

/** A condition that contains no others, with its path. */
export interface Placed {
  leaf: Leaf;
  path: (string | number)[];
}

/** Returns the conditions within a condition that contain no others; the condition itself is at `path`. */
export function placedLeaves(condition: JourneyCondition, path: Placed['path'] = []): Placed[] {
  if ('all' in condition) return condition.all.flatMap((part, index) => placedLeaves(part, [...path, 'all', index]));
  if ('any' in condition) return condition.any.flatMap((part, index) => placedLeaves(part, [...path, 'any', index]));
  if ('not' in condition) return placedLeaves(condition.not, [...path, 'not']);
  return [{ leaf: condition, path }];
}

export const leavesOf = (condition: JourneyCondition): Leaf[] => placedLeaves(condition).map(({ leaf }) => leaf);
