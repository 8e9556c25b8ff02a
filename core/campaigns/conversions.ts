import { matchesWhere } from '../conditions/match.ts';
import type { CairnEvent } from '../events/event.ts';
import { campaignScope } from '../messages/source.ts';
import type { CountedSends } from '../profiles/counted-sends.ts';
import { durationMs } from '../time/duration.ts';
import type { Campaign } from './schema.ts';

/** An occurrence that a person was sent to, and who has since done what it is for. */
export interface Conversion {
  campaign: string;
  occurrence: string;
  variant?: string | undefined;
}

/** Whether the event may be what the campaign is for; whoever it is. */
export const aimsAt = ({ goal }: Pick<Campaign, 'goal'>, event: Pick<CairnEvent, 'name'>): boolean =>
  goal !== undefined && goal.event === event.name;

/** The occurrences of a campaign that this event converts: those that were sent within the goal's time before it. */
export function conversionsBy(
  event: CairnEvent,
  { id, definition: { goal } }: { id: string; definition: Pick<Campaign, 'goal'> },
  sends: CountedSends,
  trait: (name: string) => unknown,
): Conversion[] {
  if (goal === undefined || goal.event !== event.name || goal.same !== undefined) return [];
  if (!matchesWhere(goal.where, event, { trait, data: {} })) return [];
  const within = goal.within === undefined ? Number.POSITIVE_INFINITY : durationMs(goal.within);
  return Object.values(sends).flatMap(({ at, source, node, variant }) =>
    source === campaignScope(id) && node !== undefined && at <= event.at && event.at - at <= within
      ? [{ campaign: id, occurrence: node, variant }]
      : [],
  );
}
