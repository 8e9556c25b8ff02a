import type { References } from './predicates/predicate.ts';
import { predicateOf } from './predicates/registry.ts';
import type { JourneyCondition } from './schema.ts';
import { leavesOf } from './tree.ts';

export type { References } from './predicates/predicate.ts';

const KINDS = ['tags', 'segments', 'traits', 'events', 'messages', 'coupons', 'templates', 'journeys'] as const;

/** Returns the references of a condition: definitions that must exist, and data that must be read before it can be evaluated. */
export function referencesOf(condition: JourneyCondition): References {
  const named = leavesOf(condition).map((leaf) => predicateOf(leaf).references(leaf));
  const all = KINDS.map((kind) => [kind, [...new Set(named.flatMap((one) => one[kind] ?? []))].sort()]);
  // Every kind is among KINDS.
  return Object.fromEntries(all) as unknown as References;
}
