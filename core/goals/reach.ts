import type { Reference } from '../definitions/definition.ts';
import type { CairnEvent } from '../events/event.ts';
import { TURNED_ON } from '../events/internal.ts';
import { durationMs } from '../time/duration.ts';
import type { OwnGoal, ReachableGoal } from './own-goal.ts';

export const isReachable = (goal: OwnGoal | undefined): goal is ReachableGoal =>
  goal !== undefined && ('event' in goal || 'tag' in goal);

/** Definitions that it names, with their places in a campaign or journey. */
export function placedInGoal(goal: OwnGoal | undefined): { path: string; reference: Reference }[] {
  if (goal === undefined || 'event' in goal || 'rate' in goal) return [];
  if ('computed' in goal)
    return [{ path: '/goal/computed', reference: { kind: 'computed-traits', id: goal.computed } }];
  const had = goal.from && { path: '/goal/from/tag', reference: { kind: 'tags' as const, id: goal.from.tag } };
  return [{ path: '/goal/tag', reference: { kind: 'tags', id: goal.tag } }, ...(had === undefined ? [] : [had])];
}

/** The client's event that it names. */
export const eventOfGoal = (goal: OwnGoal | undefined): string | undefined =>
  goal !== undefined && 'event' in goal ? goal.event : undefined;

/** Whether the event may be what the goal asks for; whoever it is. A tag's turning on is an event, too. */
export function isAbout(goal: OwnGoal | undefined, { name, properties }: Pick<CairnEvent, 'name' | 'properties'>) {
  if (!isReachable(goal)) return false;
  return 'event' in goal ? goal.event === name : name === TURNED_ON && properties?.rule === goal.tag;
}

/** How long after the entry, or the sending, it may be reached; in ms. */
export const goalTimeMs = ({ within }: ReachableGoal): number =>
  within === undefined ? Number.POSITIVE_INFINITY : durationMs(within);
