import type { FatigueRule } from './evaluation-context.ts';
import type { EventRequirement } from './event-requirement.ts';
import { predicateOf } from './predicates/registry.ts';
import type { Condition } from './schema.ts';
import { leavesOf } from './tree.ts';

/** Returns the event requirements of a rule's condition. */
export const requirementsOf = (condition: Condition, fatigue: readonly FatigueRule[]): EventRequirement[] =>
  leavesOf(condition).flatMap((leaf) => predicateOf(leaf).requirements?.(leaf, fatigue) ?? []);
