import type { Issue } from '../catalog/definition.ts';
import { traitsOfWhere, type Where } from '../conditions/where.ts';
import type { JourneyNode } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

/** What the language has and the house cannot do yet: better refused at `submit` than forgotten. */
export function notYet(journey: Journey): Issue[] {
  return [
    ...noWindow('/window', journey.window),
    ...(journey.exit ?? []).flatMap((rule, index) => noTraits(`/exit/${index}/where`, rule)),
    ...Object.entries(journey.nodes).flatMap(([id, node]) => ofNode(`/nodes/${id}`, node)),
  ];
}

function ofNode(here: string, node: JourneyNode): Issue[] {
  if (node.type === 'webhook') return [{ path: here, message: 'webhook nodes are not available yet' }];
  if (node.type === 'send') return noWindow(`${here}/window`, node.window);
  if (node.type !== 'wait-for') return [];
  return node.for.flatMap((way, index) => noTraits(`${here}/for/${index}/where`, way));
}

const noWindow = (path: string, window: Journey['window']): Issue[] =>
  window === undefined || window === 'none' ? [] : [{ path, message: 'send windows are not available yet' }];

/** Exits and wait-fors are judged on the run and the event, without the profile. */
const noTraits = (path: string, rule: { where?: Where } | object): Issue[] =>
  'where' in rule && traitsOfWhere(rule.where).length > 0
    ? [{ path, message: 'operands from traits are not available here yet; copy the trait into the entry event' }]
    : [];
