import { referencesOf } from '../conditions/references.ts';
import type { JourneyCondition } from '../conditions/schema.ts';
import { eventOfGoal } from '../goals/reach.ts';
import { memoizeByObject } from '../memoize.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

/**
 * Returns the events that a journey's conditions and its goal use. They are evaluated on the timeline, which contains our own events about messages
 * only if something asks for them.
 */
export const eventsInConditions = memoizeByObject((journey: Journey): readonly string[] => {
  const events = conditionsOf(journey).flatMap((condition) => referencesOf(condition).events);
  return [...new Set([...events, ...[eventOfGoal(journey.goal) ?? []].flat()])];
});

/** Returns the conditions of the audience and of all nodes. */
export const conditionsOf = ({ audience, nodes }: Journey): JourneyCondition[] => [
  ...(audience === undefined ? [] : [audience]),
  ...Object.values(nodes).flatMap((node) => (typeOf(node).conditions?.(node) ?? []).map(({ condition }) => condition)),
];
