import type { FatigueRule } from './evaluation-context.ts';
import type { Need } from './event-requirement.ts';
import { atomOf } from './predicates/registry.ts';
import type { Condition } from './schema.ts';
import { leavesOf } from './tree.ts';

/** What a rule's condition needs of the events. */
export const needsOf = (condition: Condition, fatigue: readonly FatigueRule[]): Need[] =>
  leavesOf(condition).flatMap((leaf) => atomOf(leaf).needs?.(leaf, fatigue) ?? []);
