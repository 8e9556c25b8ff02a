import { stopsOf } from '../core/journeys/graph.ts';
import type { Journey } from '../core/journeys/schema.ts';
import { reachableFrom, type State, type StateMachineDefinition } from './definition.ts';
import { choice, DONE, endings, type Functions, START, statesOf } from './states.ts';

export type { State, StateMachineDefinition } from './definition.ts';

export interface CompileOptions extends Functions {
  id: string;
  version: number;
  /** `first` starts at the first stop; `resume` at whichever stop its input names. */
  variant: 'first' | 'resume';
}

/**
 * A journey's version as a state machine. A stop is a state of its node's name: a Wait, or a Task that waits for a token; behind each a
 * Task runs the nodes from there to the next stop, and a Choice follows only where several are possible. The state's whole input is an
 * ExecutionState (core/runs/run.ts). The same journey gives the same definition, to the letter.
 */
export function compileMachine(journey: Journey, options: CompileOptions): StateMachineDefinition {
  const { first, after } = stopsOf(journey);
  const begin = options.variant === 'first' ? first.stops : [...after.keys()];
  const [only, ...others] = begin;
  const StartAt = others.length > 0 ? START : (only ?? DONE);
  const states: Record<string, State> = others.length > 0 ? { [START]: choice(begin, false) } : {};
  for (const [id, next] of after) {
    const node = journey.nodes[id];
    const mayBeFirst = options.variant === 'resume' || first.stops.includes(id);
    if (node !== undefined) Object.assign(states, statesOf(id, node, next, mayBeFirst, options));
  }
  Object.assign(states, endings(only !== undefined));
  const reachable = reachableFrom(states, StartAt);
  const States = Object.fromEntries(Object.entries(states).filter(([name]) => reachable.has(name)));
  return { Comment: commentOf(journey, options), StartAt, States };
}

function commentOf({ name }: Journey, { id, version, variant }: CompileOptions): string {
  return `Cairn journey ${id}, version ${version}${variant === 'resume' ? ', later legs' : ''}: ${name}`;
}
