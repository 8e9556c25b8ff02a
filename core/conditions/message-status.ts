import * as z from 'zod';
import { MESSAGE_EVENTS, type MessageStatus } from '../events/system-events.ts';

/** Statuses that a condition can ask a message for. */
export const MESSAGE_WAS = Object.keys(MESSAGE_EVENTS) as [MessageStatus, ...MessageStatus[]]; // the table has entries
export const MessageWasSchema = z.enum(MESSAGE_WAS, { error: `must be one of: ${MESSAGE_WAS.join(', ')}` });
export type MessageWas = MessageStatus;

/** clicked ⊃ opened ⊃ delivered ⊃ sent: a message with a later status has had all earlier ones. */
const PROGRESS: readonly MessageWas[] = ['sent', 'delivered', 'opened', 'clicked'];

/** Returns the statuses that imply this one. */
export const impliedBy = (was: MessageWas): readonly MessageWas[] =>
  PROGRESS.includes(was) ? PROGRESS.slice(PROGRESS.indexOf(was)) : [was];

/**
 * Returns our own events that imply this status. Except for Opened, Clicked, Bounced, Complained and Unsubscribed, they are only sent if a live rule
 * names them.
 */
export const eventsOf = (was: MessageWas): string[] => impliedBy(was).map((status) => MESSAGE_EVENTS[status].name);
