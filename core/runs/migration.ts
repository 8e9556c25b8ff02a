import { canonicalJson } from '../definitions/canonical.ts';
import type { Issue } from '../definitions/definition.ts';
import { restOf } from '../journeys/graph.ts';
import type { JourneyNode } from '../journeys/nodes/registry.ts';
import type { Journey } from '../journeys/schema.ts';
import { pointer } from '../json-pointer.ts';
import type { Run, Visit, Way } from './run.ts';

/** From one version of a journey to a newer one. `map`: node of the old version → node of the new one. */
export interface Versions {
  from: Journey;
  to: Journey;
  map?: Readonly<Record<string, string>> | undefined;
}

/**
 * Why a run stays on its version: it has not come to its first stop, it is on its way from one stop to the next, nothing says where it should go on,
 * or somebody tests the journey by it.
 */
export const STAYS = ['entering', 'leaving', 'unmapped', 'test'] as const;
export type Stay = (typeof STAYS)[number];

/** How runs rest at a node: a run moves between nodes of one group. `send`: until its message is no longer held or deferred. */
function groupOf(node: JourneyNode): 'time' | 'send' | 'task' | 'webhook' | undefined {
  if (node.type === 'send') return 'send';
  if (restOf(node) === undefined) return undefined;
  return node.type === 'task' || node.type === 'webhook' ? node.type : 'time';
}

/** Returns why a run that rests at one node cannot go on at the other. */
function faultBetween(from: JourneyNode, to: JourneyNode, isSameId: boolean): string | undefined {
  const group = groupOf(from);
  if (group !== groupOf(to))
    return `a run that rests at a ${from.type} cannot go on at a ${to.type} that is no such stop`;
  // The ids of the task and of the call are made of the node's.
  if ((group === 'task' || group === 'webhook') && !isSameId)
    return `a run that rests at a ${group} can only go on at the node of the same name`;
  const lacking = outcomesOf(from).filter((outcome) => !outcomesOf(to).includes(outcome));
  return lacking.length === 0 ? undefined : `the new node lacks outcomes of the task: ${lacking.join(', ')}`;
}

const outcomesOf = (node: JourneyNode): string[] =>
  node.type === 'task' ? Object.keys(node.await?.outcomes ?? {}) : [];

/** Faults of `map`, with pointers into the request. */
export function mapFaults({ from, to, map = {} }: Versions): Issue[] {
  return Object.entries(map).flatMap(([old, now]): Issue[] => {
    const path = pointer(['map', old]);
    const [node, target] = [nodeOf(from, old), nodeOf(to, now)];
    if (node === undefined) return [{ path, message: 'is no node of the old version' }];
    if (groupOf(node) === undefined) return [{ path, message: `no run rests at a ${node.type}` }];
    if (target === undefined) return [{ path, message: `the new version has no node ${now}` }];
    const fault = faultBetween(node, target, old === now);
    return fault === undefined ? [] : [{ path, message: fault }];
  });
}

/** Ids are the marketer's: `constructor` is one. */
const nodeOf = ({ nodes }: Journey, id: string): JourneyNode | undefined =>
  Object.hasOwn(nodes, id) ? nodes[id] : undefined;

/** Where a run that rests at this node goes on: where `map` says, else at the node of the same name and type. */
function targetOf(id: string, { from, to, map = {} }: Versions): string | undefined {
  const mapped = Object.hasOwn(map, id) ? map[id] : undefined;
  const now = mapped ?? id;
  const [node, target] = [nodeOf(from, id), nodeOf(to, now)];
  if (node === undefined || target === undefined) return undefined;
  if (mapped === undefined && node.type !== target.type) return undefined;
  return groupOf(node) === undefined || faultBetween(node, target, id === now) !== undefined ? undefined : now;
}

/** Where a run that is not closed goes on in the new version, or why it stays. */
export function migrationOf(run: Run, versions: Versions): { node: string } | { stays: Stay } {
  if (run.test !== undefined) return { stays: 'test' };
  if (run.leg === 0 || run.node === undefined) return { stays: 'entering' };
  if (!isAtRest(run)) return { stays: 'leaving' };
  const node = targetOf(run.node, versions);
  if (node === undefined) return { stays: 'unmapped' };
  return isDecided(run) && wayIn(run, node, versions) === undefined ? { stays: 'leaving' } : { node };
}

/** An open run that is due is not known to have its execution yet. A parked one rests at a stop, or has left it by a way that is decided. */
function isAtRest({ status, claim, dueAt, plan, executionLost }: Run): boolean {
  const isStop = plan?.next.kind === 'stop';
  if (status === 'open') return isStop && claim === undefined && dueAt === undefined;
  return status === 'parked' && (claim !== undefined || (executionLost === true && isStop));
}

/** A time-out that a lost execution claimed decides nothing. */
const isDecided = ({ claim, executionLost }: Run): boolean =>
  claim !== undefined && !(executionLost === true && claim.way.kind === 'timeout');

/** The decided way out of the stop, at the new node; undefined: it has no such way. */
function wayIn({ node: old = '', claim }: Run, now: string, { from, to }: Versions): Way | undefined {
  const [node, target] = [nodeOf(from, old), nodeOf(to, now)];
  const way = claim?.way;
  if (way?.kind !== 'resolved' || node?.type !== 'wait-for') return way;
  if (target?.type !== 'wait-for') return undefined;
  const taken = awaited(node.for[way.index]);
  const index = target.for.findIndex((one) => awaited(one) === taken);
  return index < 0 ? undefined : { kind: 'resolved', index };
}

/** The event or condition that a way waits for, without what follows. */
const awaited = (way: object | undefined): string => canonicalJson({ ...way, next: undefined, as: undefined });

/** The run as it stands in the new version: at another node, which takes over the old one's visit, and leaves it by the same way. */
export function migrated(run: Run, versions: Versions, { version, node }: { version: number; node: string }): Run {
  const { node: old = node, claim, plan } = run;
  const way = claim && wayIn(run, node, versions);
  return {
    ...run,
    version,
    node,
    visits: old === node ? run.visits : renamed(run.visits, old, node),
    claim: claim && way && { ...claim, way },
    ...(plan?.next.kind === 'stop' ? { plan: { ...plan, next: { ...plan.next, node } } } : {}),
  };
}

/** The new name counts on from the higher number, so that no later visit has the ids of an earlier one. */
function renamed(visits: Run['visits'], old: string, now: string): Run['visits'] {
  const { [old]: visit, ...others } = visits;
  if (visit === undefined) return others;
  const count = Math.max(visit.count, others[now]?.count ?? 0);
  return { ...others, [now]: { ...visit, count } satisfies Visit };
}
