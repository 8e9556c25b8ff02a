import { exitsOf } from './graph.ts';
import type { JourneyNode } from './nodes/registry.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';
import { isOfTime, isOfTrait } from './wait-until.ts';

const known = new WeakMap<Journey, readonly string[]>();

/**
 * Traits (names, or paths into one) until whose dates stops of the journey rest, and `timezone` where one rests until a local time: a run that
 * rests there follows them.
 */
export function followedTraits(journey: Journey): readonly string[] {
  const before = known.get(journey);
  if (before !== undefined) return before;
  const rests = Object.values(journey.nodes).map(restOf);
  const dates = rests.filter(isOfTrait).map(({ trait }) => trait);
  const traits = [...new Set([...dates, ...(rests.some(isOfTime) ? ['timezone'] : [])])];
  known.set(journey, traits);
  return traits;
}

/**
 * Whether a run at `node` rests there, or may still come to rest, until the one date that lets customers into the journey. Such a run goes with
 * that date when it moves.
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

/** How long a node rests; undefined: it does not. */
export function restOf(node: JourneyNode) {
  const type = typeOf(node);
  return type.rests?.(node) === undefined ? undefined : type.rest?.(node);
}
