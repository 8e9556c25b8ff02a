import type { Queue } from '../../adapters/sqs/queue.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { isTold, messageEvent, type Told } from '../../core/events/message-events.ts';
import type { EpochMs } from '../../core/ids.ts';
import { askedOf } from '../../core/journeys/events-in-conditions.ts';
import { interestsOf } from '../../core/journeys/subscribed-events.ts';
import type { Message } from '../../core/messages/message.ts';
import { eventOut } from '../profiles/execute-effects.ts';

const wantedNames = new WeakMap<Snapshot, ReadonlySet<string>>();

/** Events that live rules and journeys look for, in whatever place, and runs of their older versions. */
export function wantedBy(snapshot: Snapshot): ReadonlySet<string> {
  let wanted = wantedNames.get(snapshot);
  if (wanted === undefined) {
    const journeys = snapshot.journeys.flatMap(({ definition }) => {
      const { entry, exit, resolve } = interestsOf(definition);
      return [...entry, ...exit, ...resolve, ...askedOf(definition)];
    });
    const older = Object.values(snapshot.heard ?? {}).flat();
    wanted = new Set([...snapshot.features.specs.flatMap((spec) => spec.events), ...journeys, ...older]);
    wantedNames.set(snapshot, wanted);
  }
  return wanted;
}

/** The event road, for what tells of the customer or what a live rule names. The event's id makes a repeat one. */
export async function tellProfile(
  deps: { events: Pick<Queue, 'send'> },
  snapshot: Snapshot,
  message: Pick<Message, 'id' | 'profile' | 'channel' | 'template' | 'source'>,
  told: Told,
  at: EpochMs,
  more: { link?: string; machine?: boolean } = {},
): Promise<void> {
  if (!isTold(told, wantedBy(snapshot))) return;
  await deps.events.send([eventOut(message.profile, messageEvent(message, told, at, more))]);
}
