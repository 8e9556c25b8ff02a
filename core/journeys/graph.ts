import { type JourneyNode, typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

/** `ExecutionState.next` of a run that has ended. No stop may have this id; an end node may. */
export const END = 'end';

/** Returns how a node rests: `clock` until an instant, `event` also for an event; undefined: it does not rest. */
export const restOf = (node: JourneyNode): 'clock' | 'event' | undefined => typeOf(node).rests?.(node);

export const exitsOf = (node: JourneyNode) => typeOf(node).exits(node);

/** Returns the nodes to follow from one. */
export type Follow = (node: JourneyNode) => string[];

/** Returns the nodes that can be reached from these by `follow`, including them. */
export function reach(journey: Journey, from: string[], follow: Follow): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = journey.nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    open.push(...follow(node));
  }
  return seen;
}

/** Nodes that can be reached without a rest, in the order of the definition. */
export interface NextStops {
  stops: string[];
  /** A run can come to its end. */
  ends: boolean;
  /** Nodes that can be passed on the way. */
  passes: string[];
}

export function nextStops(journey: Journey, from: string[]): NextStops {
  const seen = reach(journey, from, (node) => {
    const isPassed = restOf(node) === undefined;
    return exitsOf(node).flatMap((exit) => (isPassed || exit.isOnArrival ? [exit.node] : []));
  });
  const met = Object.entries(journey.nodes).filter(([id]) => seen.has(id));
  const ids = (wanted: (node: JourneyNode) => boolean) => met.filter(([, node]) => wanted(node)).map(([id]) => id);
  return {
    stops: ids((node) => restOf(node) !== undefined),
    ends: met.some(([, node]) => node.type === 'end'),
    passes: ids((node) => restOf(node) === undefined),
  };
}

/** Returns where the first execution may first rest, and where each stop may lead. */
export function stopsOf(journey: Journey): { first: NextStops; after: Map<string, NextStops> } {
  const stops = Object.entries(journey.nodes).filter(([, node]) => restOf(node) !== undefined);
  const after = stops.map(([id, node]): [string, NextStops] => {
    const ways = exitsOf(node).flatMap((exit) => (exit.isOnArrival ? [] : [exit.node]));
    return [id, nextStops(journey, ways)];
  });
  return { first: nextStops(journey, [journey.start]), after: new Map(after) };
}
