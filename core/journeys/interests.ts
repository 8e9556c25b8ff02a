import { eventsOf } from '../conditions/message-status.ts';
import { TURNED_OFF, TURNED_ON } from '../events/internal.ts';
import type { JourneyNode } from './nodes/registry.ts';
import type { ExitRule, Journey } from './schema.ts';

/** Names of the events that can start, end or resolve a run: what `tag` looks for. */
export interface Interests {
  entry: readonly string[];
  exit: readonly string[];
  resolve: readonly string[];
}

export const TASK_COMPLETED = 'Task Completed';

const known = new WeakMap<Journey, Interests>();

/** Reckoned once for each definition in memory. */
export function interestsOf(journey: Journey): Interests {
  let interests = known.get(journey);
  if (interests === undefined) {
    interests = {
      entry: 'event' in journey.entry ? [journey.entry.event] : [],
      exit: [...new Set((journey.exit ?? []).flatMap(namesOf))],
      resolve: [...new Set(Object.values(journey.nodes).flatMap(resolvedBy))],
    };
    known.set(journey, interests);
  }
  return interests;
}

function namesOf(rule: ExitRule | Extract<JourneyNode, { type: 'wait-for' }>['for'][number]): string[] {
  if ('event' in rule) return [rule.event];
  if ('message' in rule) return eventsOf(rule.was);
  return [rule.on === 'added' ? TURNED_ON : TURNED_OFF];
}

function resolvedBy(node: JourneyNode): string[] {
  if (node.type === 'wait-for') return node.for.flatMap(namesOf);
  if (node.type === 'task' && node.await !== undefined) return [TASK_COMPLETED];
  return [];
}
