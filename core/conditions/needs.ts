import { atomOf } from './atoms/registry.ts';
import type { Need } from './need.ts';
import type { Condition } from './schema.ts';
import { leavesOf } from './tree.ts';
import type { FatigueRule } from './world.ts';

/** What a rule's condition needs of the events. */
export const needsOf = (condition: Condition, fatigue: readonly FatigueRule[]): Need[] =>
  leavesOf(condition).flatMap((leaf) => atomOf(leaf).needs?.(leaf, fatigue) ?? []);
