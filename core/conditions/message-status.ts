import * as z from 'zod';
import { MESSAGE_EVENTS, type MessageStatus } from '../events/system-events.ts';

/** What a message can have been. */
export const MESSAGE_WAS = Object.keys(MESSAGE_EVENTS) as [MessageStatus, ...MessageStatus[]]; // the table has entries
export const MessageWasSchema = z.enum(MESSAGE_WAS, { error: `must be one of: ${MESSAGE_WAS.join(', ')}` });
export type MessageWas = MessageStatus;

/** clicked ⊃ opened ⊃ delivered ⊃ sent: what came further has been all that lies before. */
const ROAD: readonly MessageWas[] = ['sent', 'delivered', 'opened', 'clicked'];

/** Statuses that say that a message was this. */
export const impliedBy = (was: MessageWas): readonly MessageWas[] =>
  ROAD.includes(was) ? ROAD.slice(ROAD.indexOf(was)) : [was];

/** Our own events that say that a message was this. Those but Opened, Clicked, Bounced, Complained, Unsubscribed are told only where a live rule names them. */
export const eventsOf = (was: MessageWas): string[] => impliedBy(was).map((status) => MESSAGE_EVENTS[status].name);
