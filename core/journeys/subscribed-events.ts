import { eventsOf } from '../conditions/message-status.ts';
import { traitsOfWhere, type Where } from '../conditions/where.ts';
import { TIME_CAME, TURNED_OFF, TURNED_ON } from '../events/internal.ts';
import { TASK_COMPLETED, WEBHOOK_ANSWERED } from '../events/system-events.ts';
import { memoizeByObject } from '../memoize.ts';
import type { JourneyNode } from './nodes/registry.ts';
import type { Entry, ExitRule, Journey } from './schema.ts';
import { isTimed } from './timed-entries.ts';

/** Names of the events that can start, end or resolve a run, which `process-events` looks for. */
export interface SubscribedEvents {
  entry: readonly string[];
  exit: readonly string[];
  resolve: readonly string[];
  /** Whether an exit or a `wait-for` compares with traits, so that its evaluation needs the profile. */
  traits: boolean;
}

/** Computed once for each definition in memory. */
export const subscribedEventsOf = memoizeByObject(
  (journey: Journey): SubscribedEvents => ({
    entry: enteredBy(journey.entry),
    exit: [...new Set((journey.exit ?? []).flatMap(namesOf))],
    resolve: [...new Set(Object.values(journey.nodes).flatMap(resolvedBy))],
    traits: wheresOf(journey).some((where) => traitsOfWhere(where).length > 0),
  }),
);

/** Returns the `where` conditions of exits and `wait-for` nodes. */
function wheresOf(journey: Journey): (Where | undefined)[] {
  const ways = Object.values(journey.nodes).flatMap((node) => (node.type === 'wait-for' ? node.for : []));
  return [...(journey.exit ?? []), ...ways].map((rule) => ('where' in rule ? rule.where : undefined));
}

function enteredBy(entry: Entry): string[] {
  if ('event' in entry) return [entry.event];
  if ('tag' in entry) return [entry.on === 'added' ? TURNED_ON : TURNED_OFF];
  if ('segment' in entry) return [entry.on === 'entered' ? TURNED_ON : TURNED_OFF];
  return isTimed(entry) ? [TIME_CAME] : [];
}

function namesOf(rule: ExitRule | Extract<JourneyNode, { type: 'wait-for' }>['for'][number]): string[] {
  if ('event' in rule) return [rule.event];
  if ('message' in rule) return eventsOf(rule.was);
  return [rule.on === 'added' ? TURNED_ON : TURNED_OFF];
}

function resolvedBy(node: JourneyNode): string[] {
  if (node.type === 'wait-for') return node.for.flatMap(namesOf);
  if (node.type === 'task' && node.await !== undefined) return [TASK_COMPLETED];
  if (node.type === 'webhook') return [WEBHOOK_ANSWERED];
  return [];
}
