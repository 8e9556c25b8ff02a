import { referencesOf } from '../conditions/references.ts';
import { leavesOf } from '../conditions/tree.ts';
import type { CheckView } from '../definitions/check-view.ts';
import type { Issue } from '../definitions/definition.ts';
import { liquidFault } from '../templates/liquid.ts';
import { unknownJourneyVariable } from '../templates/liquid-roots.ts';
import { DurationSchema } from '../time/duration.ts';
import { circles, endless, unreachable } from './check-graph.ts';
import { unknownNames } from './check-names.ts';
import { END, exitsOf, restOf } from './graph.ts';
import { type JourneyNode, typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

export interface Checked {
  errors: Issue[];
  warnings: Issue[];
}

/** Checks at PUT: every way leads to a node, every reference within the journey exists, and its Liquid parses. Pointers are into the definition. */
export function checkShape(journey: Journey): Checked {
  const errors = [
    ...isNode(journey, '/start', journey.start),
    ...Object.entries(journey.nodes).flatMap(([id, node]) => checkNode(journey, `/nodes/${id}`, node)),
    ...(journey.exit ?? []).flatMap((rule, index) =>
      'message' in rule ? isOf('send', journey, `/exit/${index}/message`, rule.message) : [],
    ),
  ];
  return { errors, warnings: [] };
}

/** Checks at submit: every reference exists, every node can be reached, every run can end, and no loop is without a rest. */
export function checkReferences(id: string, journey: Journey, view: CheckView): Checked {
  const shape = checkShape(journey);
  if (shape.errors.length > 0) return shape;
  const errors = [
    ...unknownNames(id, journey, view),
    ...unreachable(journey),
    ...endless(journey),
    ...circles(journey),
  ];
  return { errors, warnings: [] };
}

function checkNode(journey: Journey, here: string, node: JourneyNode): Issue[] {
  return [
    ...exitsOf(node).flatMap((exit) => isNode(journey, here + exit.path, exit.node)),
    ...checkConditions(journey, here, node),
    ...checkTexts(here, node),
    ...(restOf(node) !== undefined && here === `/nodes/${END}`
      ? [{ path: here, message: `a ${node.type} may not be called ${END}` }]
      : []),
    ...(node.type === 'wait-for' ? checkWays(journey, here, node) : []),
  ];
}

function isNode(journey: Journey, path: string, id: string): Issue[] {
  return Object.hasOwn(journey.nodes, id) ? [] : [{ path, message: `there is no node ${id}` }];
}

function isOf(type: 'send' | 'coupon', journey: Journey, path: string, id: string): Issue[] {
  return journey.nodes[id]?.type === type ? [] : [{ path, message: `${id} is no ${type} node` }];
}

/** Checks that `since` is `here` (of a wait-for), `entry` or a node. */
function isSince(journey: Journey, path: string, since: string | undefined, known: string[]): Issue[] {
  if (since === undefined || known.includes(since) || Object.hasOwn(journey.nodes, since)) return [];
  const names = known.map((name) => JSON.stringify(name)).join(', ');
  const hint = DurationSchema.safeParse(since).success ? ' (a time back from now is "within")' : '';
  return [{ path, message: `since must be ${names} or a node, and there is no node ${since}${hint}` }];
}

/** Checks the nodes that a node's conditions reference. */
function checkConditions(journey: Journey, here: string, node: JourneyNode): Issue[] {
  return (typeOf(node).conditions?.(node) ?? []).flatMap(({ path, condition }) => {
    const { messages, coupons } = referencesOf(condition);
    const sinces = leavesOf(condition).flatMap((leaf) => ('since' in leaf ? [leaf.since] : []));
    return [
      ...messages.flatMap((id) => isOf('send', journey, here + path, id)),
      ...coupons.flatMap((id) => isOf('coupon', journey, here + path, id)),
      ...sinces.flatMap((since) => isSince(journey, here + path, since, ['entry'])),
    ];
  });
}

function checkTexts(here: string, node: JourneyNode): Issue[] {
  return (typeOf(node).texts?.(node) ?? []).flatMap(({ path, text }) => {
    const message = liquidFault(text) ?? unknownJourneyVariable(text);
    return message === undefined ? [] : [{ path: here + path, message }];
  });
}

/** Checks the nodes that a wait-for's ways reference. */
function checkWays(journey: Journey, here: string, node: Extract<JourneyNode, { type: 'wait-for' }>): Issue[] {
  const known = ['here', 'entry'];
  const ofWays = node.for.flatMap((way, index) => {
    const path = `${here}/for/${index}`;
    if ('message' in way) return isOf('send', journey, `${path}/message`, way.message);
    return 'event' in way ? isSince(journey, `${path}/since`, way.since, known) : [];
  });
  return [...ofWays, ...isSince(journey, `${here}/since`, node.since, known)];
}
