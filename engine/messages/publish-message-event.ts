import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { EpochMs } from '../../core/ids.ts';
import { eventsInConditions } from '../../core/journeys/events-in-conditions.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { memoizeByObject } from '../../core/memoize.ts';
import type { Message } from '../../core/messages/message.ts';
import { isPublished, messageEvent, type PublishedStatus } from '../../core/messages/message-events.ts';
import type { Queue } from '../ports.ts';
import { eventOut } from '../profiles/outgoing.ts';

/** Returns the events that live rules, journeys, or runs of older versions subscribe to. */
export const eventsWantedBy = memoizeByObject((snapshot: Snapshot): ReadonlySet<string> => {
  const journeys = snapshot.journeys.flatMap(({ definition }) => {
    const { entry, exit, resolve } = subscribedEventsOf(definition);
    return [...entry, ...exit, ...resolve, ...eventsInConditions(definition)];
  });
  const older = Object.values(snapshot.subscribedEvents ?? {}).flat();
  return new Set([...snapshot.features.specs.flatMap((spec) => spec.events), ...journeys, ...older]);
});

/** Sends the event to the events queue, if it is about the customer or a live rule names it. Its id makes a repeat the same event. */
export async function publishMessageEvent(
  deps: { events: Pick<Queue, 'send'> },
  snapshot: Snapshot,
  message: Pick<Message, 'id' | 'profile' | 'channel' | 'template' | 'source'>,
  { status, at, ...more }: { status: PublishedStatus; at: EpochMs; link?: string; machine?: boolean },
): Promise<void> {
  if (!isPublished(status, eventsWantedBy(snapshot))) return;
  await deps.events.send([eventOut(message.profile, messageEvent(message, status, at, more))]);
}
