import type { EpochMs } from '../ids.ts';
import { exitsOf } from '../journeys/graph.ts';
import { typeOf } from '../journeys/nodes/registry.ts';
import type { Journey } from '../journeys/schema.ts';
import type { Run } from './run.ts';

/** A node that may come next, and why it would. */
export interface NextStep {
  node: string;
  why: string;
  /** When the run goes there by itself. */
  at?: EpochMs;
}

/** What can come next of a run as it stands; of one that is closed, nothing. */
export function nextStepsOf(run: Run, { start, nodes }: Journey): NextStep[] {
  if (run.status === 'closed') return [];
  if (run.node === undefined) return [{ node: start, why: 'it has entered', ...dueOf(run) }];
  const node = nodes[run.node];
  if (node === undefined) return [];
  if (run.status === 'parked' && run.executionLost !== true) return [parked(run, run.node, node)];
  const until = run.plan?.next.kind === 'stop' ? run.plan.next.until : undefined;
  return exitsOf(node).flatMap(({ node: next, when, isTimeout }) =>
    // A task's `next` is no way out where it is awaited.
    when === undefined ? [] : { node: next, why: when, ...(isTimeout && until !== undefined ? { at: until } : {}) },
  );
}

/** By a pause it has decided its way; behind a message that is held it has passed its `send`. */
function parked(run: Run, id: string, node: Journey['nodes'][string]): NextStep {
  if (run.claim === undefined) return { node: id, why: 'it goes on', ...dueOf(run) };
  const nowhere = { run, act: () => undefined, store: () => undefined };
  const next = typeOf(node).leave?.(node, id, run.claim.way, run.claim.output, nowhere) ?? id;
  return {
    node: next,
    why: node.type === 'send' ? 'its message has left, or is no longer valid' : 'its journey is resumed',
  };
}

const dueOf = ({ dueAt }: Run): { at?: EpochMs } => (dueAt === undefined ? {} : { at: dueAt });
