import type { Condition } from '../conditions/schema.ts';

type Path = (string | number)[];

/** Where in a condition segments are asked for. */
export function segmentPaths(condition: Condition, at: Path = []): Path[] {
  if ('all' in condition) return condition.all.flatMap((part, index) => segmentPaths(part, [...at, 'all', index]));
  if ('any' in condition) return condition.any.flatMap((part, index) => segmentPaths(part, [...at, 'any', index]));
  if ('not' in condition) return segmentPaths(condition.not, [...at, 'not']);
  return 'segment' in condition ? [[...at, 'segment']] : [];
}
