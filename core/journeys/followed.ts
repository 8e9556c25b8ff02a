import type { JourneyNode } from './nodes/registry.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';
import { isOfTrait } from './until.ts';

const known = new WeakMap<Journey, readonly string[]>();

/** Traits (names, or paths into one) until whose dates stops of the journey rest: a run that rests there follows them. */
export function followedTraits(journey: Journey): readonly string[] {
  const before = known.get(journey);
  if (before !== undefined) return before;
  const rests = Object.values(journey.nodes).map(restOf).filter(isOfTrait);
  const traits = [...new Set(rests.map(({ trait }) => trait))];
  known.set(journey, traits);
  return traits;
}

/** How long a node rests; undefined: it does not. */
export function restOf(node: JourneyNode) {
  const type = typeOf(node);
  return type.rests?.(node) === undefined ? undefined : type.rest?.(node);
}
