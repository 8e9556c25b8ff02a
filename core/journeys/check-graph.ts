import type { Issue } from '../definitions/definition.ts';
import { exitsOf, type Follow, reach } from './graph.ts';
import type { JourneyNode } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

const everyWay: Follow = (node) => exitsOf(node).map((exit) => exit.node);
const waysWithoutTime: Follow = (node) => exitsOf(node).flatMap((exit) => (exit.takesTime ? [] : [exit.node]));

/** Returns the nodes that can be reached from these, including them. */
export const reachedFrom = (journey: Journey, from: string[]): Set<string> => reach(journey, from, everyWay);

const issuesAt = (journey: Journey, message: string, isWrong: (id: string, node: JourneyNode) => boolean): Issue[] =>
  Object.entries(journey.nodes)
    .filter(([id, node]) => isWrong(id, node))
    .map(([id]) => ({ path: `/nodes/${id}`, message }));

export function unreachable(journey: Journey): Issue[] {
  const seen = reach(journey, [journey.start], everyWay);
  return issuesAt(journey, 'no way leads here', (id) => !seen.has(id));
}

export function endless(journey: Journey): Issue[] {
  return issuesAt(
    journey,
    'no way leads from here to an end',
    (id) => ![...reach(journey, [id], everyWay)].some((other) => journey.nodes[other]?.type === 'end'),
  );
}

/** Returns an error for nodes to which a run can return without any time passing: it would loop without end. */
export function circles(journey: Journey): Issue[] {
  return issuesAt(
    journey,
    'turns in a circle without a wait (one whose instant may be past already is none)',
    (id, node) => reach(journey, waysWithoutTime(node), waysWithoutTime).has(id),
  );
}
