import type { EpochMs } from '../ids.ts';
import { exitsOf } from '../journeys/graph.ts';
import { typeOf } from '../journeys/nodes/registry.ts';
import type { Journey } from '../journeys/schema.ts';
import type { Run } from './run.ts';

/** A possible next node, and the reason. */
export interface NextStep {
  node: string;
  why: string;
  /** When the run goes there by itself. */
  at?: EpochMs;
}

/** Returns the possible next steps of a run in its present state; none if the run is closed. */
export function nextStepsOf(run: Run, { start, nodes }: Journey): NextStep[] {
  if (run.status === 'closed') return [];
  if (run.node === undefined) return [{ node: start, why: 'it has entered', ...dueOf(run) }];
  const node = nodes[run.node];
  if (node === undefined) return [];
  if (run.status === 'parked' && run.executionLost !== true) return [parked(run, run.node, node)];
  const until = run.plan?.next.kind === 'stop' ? run.plan.next.until : undefined;
  return exitsOf(node).flatMap(({ node: next, when, isTimeout }) =>
    // If a task is awaited, its `next` is no exit.
    when === undefined ? [] : { node: next, why: when, ...(isTimeout && until !== undefined ? { at: until } : {}) },
  );
}

/** A paused journey has already decided the run's way out. A run behind a held message has already passed its `send`. */
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
