import { memoizeByObject } from '../memoize.ts';
import { exitsOf } from './graph.ts';
import type { JourneyNode } from './nodes/registry.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';
import { isOfTime, isOfTrait } from './wait-until.ts';

/**
 * Returns the traits (names, or paths into one) until whose dates stops of the journey rest, and `timezone` if one rests until a local time. A run
 * that rests there follows them when they change.
 */
export const followedTraits = memoizeByObject((journey: Journey): readonly string[] => {
  const rests = Object.values(journey.nodes).map(restOf);
  const dates = rests.filter(isOfTrait).map(({ trait }) => trait);
  return [...new Set([...dates, ...(rests.some(isOfTime) ? ['timezone'] : [])])];
});

/**
 * Returns whether a run at `node` rests, or may still come to rest, until the same date that enters customers into the journey. Such a run follows
 * the date when it moves.
 */
export function goesWithEntryDate(journey: Journey, node: string = journey.start): boolean {
  const { entry } = journey;
  if (!('date' in entry) || entry.date.every !== undefined) return false;
  const seen = new Set<string>();
  const open = [node];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const here = journey.nodes[id];
    if (here === undefined || seen.has(id)) continue;
    seen.add(id);
    const rest = restOf(here);
    if (isOfTrait(rest) && rest.trait === entry.date.trait) return true;
    open.push(...exitsOf(here).map((exit) => exit.node));
  }
  return false;
}

/** Returns the rest of a node, or undefined if it does not rest. */
export function restOf(node: JourneyNode) {
  const type = typeOf(node);
  return type.rests?.(node) === undefined ? undefined : type.rest?.(node);
}
