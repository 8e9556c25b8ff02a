import { matchesWhere } from '../conditions/match.ts';
import type { CairnEvent } from '../events/event.ts';
import { campaignScope } from '../messages/source.ts';
import type { Converted } from '../metrics/conversion-events.ts';
import type { CountedSends } from '../profiles/counted-sends.ts';
import { durationMs } from '../time/duration.ts';
import { type Campaign, templateOf } from './schema.ts';

/** Whether the event may be what the campaign is for; whoever it is. */
export const aimsAt = ({ goal }: Pick<Campaign, 'goal'>, event: Pick<CairnEvent, 'name'>): boolean =>
  goal !== undefined && goal.event === event.name;

/** Whether the event is what the campaign is for, also of a customer who was held out. */
export function reachesGoalOf(
  { goal }: Pick<Campaign, 'goal'>,
  event: CairnEvent,
  trait: (name: string) => unknown,
): boolean {
  if (goal === undefined || goal.event !== event.name || goal.same !== undefined) return false;
  return matchesWhere(goal.where, event, { trait, data: {} });
}

export type Aimed = { id: string; definition: Pick<Campaign, 'goal' | 'template' | 'variants'> };

/** The occurrences of a campaign that this event converts: those that were sent within the goal's time before it. */
export function conversionsBy(
  event: CairnEvent,
  { id, definition }: Aimed,
  sends: CountedSends,
  trait: (name: string) => unknown,
): Converted[] {
  const { goal } = definition;
  if (goal === undefined || !reachesGoalOf(definition, event, trait)) return [];
  const within = goal.within === undefined ? Number.POSITIVE_INFINITY : durationMs(goal.within);
  return Object.entries(sends).flatMap(([send, { at, channel, source, node, variant }]) => {
    if (source !== campaignScope(id) || node === undefined || at > event.at || event.at - at > within) return [];
    const template = templateOf(definition, variant);
    const dimensions = { channel, ...(template === undefined ? {} : { template }) };
    return [{ campaign: id, occurrence: node, variant, send, sentAt: at, dimensions }];
  });
}
