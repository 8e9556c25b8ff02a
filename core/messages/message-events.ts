import type { CairnEvent } from '../events/event.ts';
import { MESSAGE_EVENTS, type MessageStatus } from '../events/system-events.ts';
import { type EpochMs, hashId } from '../ids.ts';
import { sourceName } from '../messages/source.ts';
import type { Message } from './message.ts';

export type PublishedStatus = MessageStatus;

/** Returns whether this status is sent as an event, given the names that live rules subscribe to. */
export const isPublished = (status: PublishedStatus, wanted: ReadonlySet<string>): boolean =>
  'always' in MESSAGE_EVENTS[status] || wanted.has(MESSAGE_EVENTS[status].name);

/** The same status of a message is always the same event. */
export function messageEvent(
  message: Pick<Message, 'id' | 'channel' | 'template' | 'source'>,
  status: PublishedStatus,
  at: EpochMs,
  more: { link?: string; machine?: boolean } = {},
): CairnEvent {
  return {
    id: hashId('message-event', message.id, status, more.machine ? 'machine' : '', more.link ?? ''),
    type: 'track',
    name: MESSAGE_EVENTS[status].name,
    at,
    receivedAt: at,
    index: 0,
    key: 'cairn',
    properties: { ...messageProperties(message), ...more },
  };
}

/** Returns the properties of an event about a message. */
export function messageProperties({
  id,
  channel,
  template,
  source,
}: Pick<Message, 'id' | 'channel' | 'template' | 'source'>): Record<string, unknown> {
  return { messageId: id, channel, template: template.id, source: sourceName(source) };
}
