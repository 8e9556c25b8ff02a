import type { Issue } from '../catalog/definition.ts';
import type { CheckView } from '../catalog/kinds/kind.ts';
import { referencesOf } from '../conditions/references.ts';
import { exitsOf, restOf } from './graph.ts';
import { type JourneyNode, typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

export interface Checked {
  errors: Issue[];
  warnings: Issue[];
}

/** At PUT: every way leads to a node, and what is named of the journey itself is there. Pointers into the definition. */
export function checkShape(journey: Journey): Checked {
  const has = (id: string) => Object.hasOwn(journey.nodes, id);
  const errors: Issue[] = has(journey.start) ? [] : [{ path: '/start', message: `there is no node ${journey.start}` }];
  for (const [id, node] of Object.entries(journey.nodes)) {
    for (const exit of exitsOf(node)) {
      if (!has(exit.node)) errors.push({ path: `/nodes/${id}${exit.path}`, message: `there is no node ${exit.node}` });
    }
    errors.push(...ownNodes(journey, id, node));
  }
  for (const [index, rule] of (journey.exit ?? []).entries()) {
    if ('message' in rule) errors.push(...isSend(journey, `/exit/${index}/message`, rule.message));
  }
  return { errors, warnings: [] };
}

const pointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

function isSend(journey: Journey, path: string, id: string): Issue[] {
  return journey.nodes[id]?.type === 'send' ? [] : [{ path, message: `${id} is no send node` }];
}

/** Nodes that a node's conditions and ways name. */
function ownNodes(journey: Journey, id: string, node: JourneyNode): Issue[] {
  const issues: Issue[] = [];
  const here = `/nodes/${id}`;
  for (const { path, condition } of typeOf(node).conditions?.(node) ?? []) {
    const { messages, coupons } = referencesOf(condition);
    issues.push(...messages.flatMap((message) => isSend(journey, here + path, message)));
    for (const coupon of coupons) {
      if (journey.nodes[coupon]?.type !== 'coupon')
        issues.push({ path: here + path, message: `${coupon} is no coupon node` });
    }
  }
  if (node.type !== 'wait-for') return issues;
  for (const [index, way] of node.for.entries()) {
    if ('message' in way) issues.push(...isSend(journey, `${here}/for/${index}/message`, way.message));
    const since = 'event' in way ? way.since : undefined;
    if (since !== undefined && !isSince(journey, since))
      issues.push({ path: `${here}/for/${index}/since`, message: `there is no node ${since}` });
  }
  if (node.since !== undefined && !isSince(journey, node.since))
    issues.push({ path: `${here}/since`, message: `there is no node ${node.since}` });
  return issues;
}

const isSince = (journey: Journey, since: string): boolean =>
  since === 'here' || since === 'entry' || Object.hasOwn(journey.nodes, since);

/** At submit: everything that is named exists, every node can be reached, every run can come to an end, and nothing turns in a circle. */
export function checkReferences(id: string, journey: Journey, view: CheckView): Checked {
  const shape = checkShape(journey);
  if (shape.errors.length > 0) return shape;
  const errors = [
    ...notYet(journey),
    ...named(id, journey, view),
    ...unreachable(journey),
    ...endless(journey),
    ...circles(journey),
  ];
  return { errors, warnings: [] };
}

/** What the language has and the house cannot do yet: better refused than forgotten. */
function notYet(journey: Journey): Issue[] {
  const issues: Issue[] = [];
  if (!('event' in journey.entry) && !('api' in journey.entry)) {
    issues.push({ path: '/entry', message: 'only entry by event and by API is available yet' });
  }
  if (journey.throttle !== undefined) issues.push({ path: '/throttle', message: 'throttles are not available yet' });
  for (const [id, node] of Object.entries(journey.nodes)) {
    if (node.type === 'webhook') issues.push({ path: `/nodes/${id}`, message: 'webhook nodes are not available yet' });
    if (node.type === 'send' && node.window !== undefined && node.window !== 'none') {
      issues.push({ path: `/nodes/${id}/window`, message: 'send windows are not available yet' });
    }
  }
  if (journey.window !== undefined && journey.window !== 'none')
    issues.push({ path: '/window', message: 'send windows are not available yet' });
  return issues;
}

function named(id: string, journey: Journey, view: CheckView): Issue[] {
  const issues: Issue[] = [];
  const need = (kind: 'tags' | 'segments' | 'templates' | 'journeys' | 'coupon-pools', name: string, path: string) => {
    if (!view.has({ kind, id: name })) issues.push({ path, message: `there is no ${kind.replace(/s$/, '')} ${name}` });
  };
  const ask = (condition: Parameters<typeof referencesOf>[0], path: string) => {
    const { tags, segments, templates, journeys } = referencesOf(condition);
    for (const name of tags) need('tags', name, path);
    for (const name of segments) need('segments', name, path);
    for (const name of templates) need('templates', name, path);
    for (const name of journeys) if (name !== id) need('journeys', name, path);
  };
  if (journey.audience !== undefined) ask(journey.audience, '/audience');
  for (const [index, rule] of (journey.exit ?? []).entries())
    if ('tag' in rule) need('tags', rule.tag, `/exit/${index}/tag`);
  for (const [nodeId, node] of Object.entries(journey.nodes)) {
    const here = `/nodes/${pointer(nodeId)}`;
    for (const { path, condition } of typeOf(node).conditions?.(node) ?? []) ask(condition, here + path);
    if (node.type === 'coupon') need('coupon-pools', node.pool, `${here}/pool`);
    if (node.type === 'journey' && node.journey !== id) need('journeys', node.journey, `${here}/journey`);
    if (node.type === 'wait-for') {
      for (const [index, way] of node.for.entries())
        if ('tag' in way) need('tags', way.tag, `${here}/for/${index}/tag`);
    }
    if (node.type === 'send') issues.push(...sends(node, here, view));
  }
  return issues;
}

function sends(node: Extract<JourneyNode, { type: 'send' }>, here: string, view: CheckView): Issue[] {
  const there = view.channelsOf(node.template);
  if (there === undefined) return [{ path: `${here}/template`, message: `there is no template ${node.template}` }];
  return (node.channels ?? []).flatMap((channel, index) =>
    there.includes(channel)
      ? []
      : [{ path: `${here}/channels/${index}`, message: `template ${node.template} has no content for ${channel}` }],
  );
}

function reach(journey: Journey, from: string): Set<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = journey.nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    open.push(...exitsOf(node).map((exit) => exit.node));
  }
  return seen;
}

function unreachable(journey: Journey): Issue[] {
  const seen = reach(journey, journey.start);
  return Object.keys(journey.nodes)
    .filter((id) => !seen.has(id))
    .map((id) => ({ path: `/nodes/${id}`, message: 'no way leads here' }));
}

function endless(journey: Journey): Issue[] {
  const ends = (id: string) => [...reach(journey, id)].some((other) => journey.nodes[other]?.type === 'end');
  return Object.keys(journey.nodes)
    .filter((id) => !ends(id))
    .map((id) => ({ path: `/nodes/${id}`, message: 'no way leads from here to an end' }));
}

/** Nodes from which a run comes back to them without ever resting. */
function circles(journey: Journey): Issue[] {
  return Object.keys(journey.nodes)
    .filter((id) => returns(journey, id))
    .map((id) => ({ path: `/nodes/${id}`, message: 'turns in a circle without a wait' }));
}

function returns(journey: Journey, start: string): boolean {
  const first = journey.nodes[start];
  if (first === undefined || restOf(first) !== undefined) return false;
  const seen = new Set<string>();
  const open = exitsOf(first).map((exit) => exit.node);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === start) return true;
    const node = journey.nodes[id];
    if (node === undefined || seen.has(id) || restOf(node) !== undefined) continue;
    seen.add(id);
    open.push(...exitsOf(node).map((exit) => exit.node));
  }
  return false;
}
