import { type EpochMs, hashId } from '../ids.ts';
import type { Message, Receipt } from '../messages/message.ts';
import type { CairnEvent } from './event.ts';

/** Our own events about a message. Those of `receipts` that tell of the customer always take the event road. */
const NAMES: Record<Receipt | 'sent' | 'failed' | 'suppressed' | 'unknown', string> = {
  sent: 'Message Sent',
  delivered: 'Message Delivered',
  opened: 'Message Opened',
  clicked: 'Message Clicked',
  bounced: 'Message Bounced',
  complained: 'Message Complained',
  unsubscribed: 'Unsubscribed',
  failed: 'Message Failed',
  suppressed: 'Message Suppressed',
  unknown: 'Message Unknown',
};
export type Told = keyof typeof NAMES;

const ALWAYS: ReadonlySet<Told> = new Set<Told>(['opened', 'clicked', 'bounced', 'complained', 'unsubscribed']);

/** Whether this takes the event road, given the names that live rules look for. */
export const isTold = (told: Told, wanted: ReadonlySet<string>): boolean => ALWAYS.has(told) || wanted.has(NAMES[told]);

/** The same fact is always the same event. */
export function messageEvent(
  message: Pick<Message, 'id' | 'channel' | 'template' | 'source'>,
  told: Told,
  at: EpochMs,
  more: { link?: string; machine?: boolean } = {},
): CairnEvent {
  const { source } = message;
  const from = source.kind === 'journey' ? `journey:${source.id}:${source.node}` : `api:${source.id}`;
  return {
    id: hashId('message-event', message.id, told, more.machine ? 'machine' : '', more.link ?? ''),
    type: 'track',
    name: NAMES[told],
    at,
    receivedAt: at,
    index: 0,
    key: 'cairn',
    properties: {
      messageId: message.id,
      channel: message.channel,
      template: message.template.id,
      source: from,
      ...more,
    },
  };
}
