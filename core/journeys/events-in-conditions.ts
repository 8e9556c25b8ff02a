import { referencesOf } from '../conditions/references.ts';
import type { JourneyCondition } from '../conditions/schema.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

const known = new WeakMap<Journey, readonly string[]>();

/**
 * Returns the events that a journey's conditions and its goal use. They are evaluated on the timeline, which contains our own events about messages
 * only if something asks for them.
 */
export function eventsInConditions(journey: Journey): readonly string[] {
  const before = known.get(journey);
  if (before !== undefined) return before;
  const events = conditionsOf(journey).flatMap((condition) => referencesOf(condition).events);
  const asked = [...new Set([...events, ...(journey.goal === undefined ? [] : [journey.goal.event])])];
  known.set(journey, asked);
  return asked;
}

/** Returns the conditions of the audience and of all nodes. */
export const conditionsOf = ({ audience, nodes }: Journey): JourneyCondition[] => [
  ...(audience === undefined ? [] : [audience]),
  ...Object.values(nodes).flatMap((node) => (typeOf(node).conditions?.(node) ?? []).map(({ condition }) => condition)),
];
