import { ALIAS_GROUP, type EventsMessage } from '../../core/events/event.ts';
import { hashId } from '../../core/ids.ts';
import type { ProcessEventsDeps, ProfileDeps } from './deps.ts';
import type { EventsRecord } from './ingestion-counts.ts';
import { processAlias } from './process-alias.ts';
import { processProfileEvents } from './process-profile-events.ts';

/**
 * Works one message of `events.fifo`: `docs/protocols.md#processing-events`. The message may come again, at any time, wholly or in part;
 * a crash between any two calls leaves nothing that the redelivery does not mend.
 */
export async function processEvents(
  deps: ProcessEventsDeps,
  message: EventsMessage,
  record: EventsRecord,
): Promise<void> {
  if (message.then !== undefined) return passOn(deps, message, message.then);
  const isFirstTry = deps.counts?.isFirstTry(record) ?? false;
  if (record.attributes.MessageGroupId === ALIAS_GROUP) return processAlias(deps, message, isFirstTry);
  return processProfileEvents(deps, message, isFirstTry);
}

/** An alias that has waited for earlier events in the group of the old id is forwarded to the group of aliases. A repeat sends the same message. */
async function passOn(deps: ProfileDeps, { then: _passed, ...message }: EventsMessage, group: string): Promise<void> {
  const dedup = hashId('passed', message.profile, ...message.events.flatMap(({ id, receivedAt }) => [id, receivedAt]));
  await deps.events.send([{ body: message, group, dedup }]);
}
