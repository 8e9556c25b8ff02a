import { matchesWhere } from '../conditions/match.ts';
import type { CairnEvent } from '../events/event.ts';
import { goalTimeMs, isAbout, isReachable } from '../goals/reach.ts';
import { campaignScope } from '../messages/source.ts';
import type { Converted } from '../metrics/conversion-events.ts';
import type { CountedSends } from '../profiles/counted-sends.ts';
import { type Campaign, templateOf } from './schema.ts';

/** Whether the event is what the campaign is for, also of a customer who was held out. */
export function reachesGoalOf(
  { goal }: Pick<Campaign, 'goal'>,
  event: CairnEvent,
  trait: (name: string) => unknown,
): boolean {
  if (goal === undefined || !isAbout(goal, event)) return false;
  if (!('event' in goal)) return true;
  return goal.same === undefined && matchesWhere(goal.where, event, { trait, data: {} });
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
  if (!isReachable(goal) || !reachesGoalOf(definition, event, trait)) return [];
  const within = goalTimeMs(goal);
  return Object.entries(sends).flatMap(([send, { at, channel, source, node, variant, version, ...sent }]) => {
    if (sent.isWaiting || source !== campaignScope(id) || node === undefined || at > event.at || event.at - at > within)
      return [];
    // The definition may have changed since; of what was sent before templates were kept, it is the best guess.
    const template = sent.template ?? templateOf(definition, variant);
    const dimensions = {
      channel,
      ...(template === undefined ? {} : { template }),
      ...(version === undefined ? {} : { version }),
    };
    return [{ campaign: id, occurrence: node, variant, send, sentAt: at, dimensions }];
  });
}

/** Of the occurrences that an order converts, the one that has its revenue: that of the last message before it. */
export const lastOf = (conversions: readonly Converted[]): Converted | undefined =>
  conversions.toSorted((a, b) => b.sentAt - a.sentAt || (a.occurrence < b.occurrence ? 1 : -1))[0];
