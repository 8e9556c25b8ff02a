import * as z from 'zod';

/** What a message can have been. */
export const MESSAGE_WAS = [
  'sent',
  'delivered',
  'opened',
  'clicked',
  'bounced',
  'complained',
  'unsubscribed',
  'suppressed',
  'failed',
  'unknown',
] as const;
export const MessageWasSchema = z.enum(MESSAGE_WAS, { error: `must be one of: ${MESSAGE_WAS.join(', ')}` });
export type MessageWas = z.infer<typeof MessageWasSchema>;

/** clicked ⊃ opened ⊃ delivered ⊃ sent: what came further has been all that lies before. */
const ROAD: readonly MessageWas[] = ['sent', 'delivered', 'opened', 'clicked'];

/** Statuses that say that a message was this. */
export const impliedBy = (was: MessageWas): readonly MessageWas[] =>
  ROAD.includes(was) ? ROAD.slice(ROAD.indexOf(was)) : [was];

const EVENTS: Record<MessageWas, string> = {
  sent: 'Message Sent',
  delivered: 'Message Delivered',
  opened: 'Message Opened',
  clicked: 'Message Clicked',
  bounced: 'Message Bounced',
  complained: 'Message Complained',
  unsubscribed: 'Unsubscribed',
  suppressed: 'Message Suppressed',
  failed: 'Message Failed',
  unknown: 'Message Unknown',
};

/** Our own events that say that a message was this. Those but Opened, Clicked, Bounced, Complained, Unsubscribed are told only where a live rule names them. */
export const eventsOf = (was: MessageWas): string[] => impliedBy(was).map((status) => EVENTS[status]);
