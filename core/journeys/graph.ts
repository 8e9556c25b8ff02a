import { type JourneyNode, typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

/** How a node rests: `clock` until an instant, `event` also for an event; undefined: it is passed. */
export const restOf = (node: JourneyNode): 'clock' | 'event' | undefined => typeOf(node).rests?.(node);

export const exitsOf = (node: JourneyNode) => typeOf(node).exits(node);

/** What can come next from these nodes without resting on the way: stops, and whether the end. */
export function nextStops(journey: Journey, from: string[]): { stops: string[]; ends: boolean } {
  const seen = new Set<string>();
  const stops: string[] = [];
  let ends = false;
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = journey.nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    const rest = restOf(node);
    if (node.type === 'end') ends = true;
    if (rest !== undefined) stops.push(id);
    else open.push(...exitsOf(node).map((exit) => exit.node));
  }
  return { stops: inOrder(journey, stops), ends };
}

/** Where the first execution may begin to rest, and where each stop may lead. */
export function stopsOf(journey: Journey): {
  first: { stops: string[]; ends: boolean };
  after: Map<string, { stops: string[]; ends: boolean }>;
} {
  const all = Object.entries(journey.nodes).filter(([, node]) => restOf(node) !== undefined);
  const after = new Map(
    all.map(([id, node]) => [
      id,
      nextStops(
        journey,
        exitsOf(node).map((exit) => exit.node),
      ),
    ]),
  );
  return { first: nextStops(journey, [journey.start]), after };
}

const inOrder = (journey: Journey, ids: string[]): string[] =>
  Object.keys(journey.nodes).filter((id) => ids.includes(id));
