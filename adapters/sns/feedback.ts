import type { Feedback } from '../../engine/messages/ports.ts';
import { readEmailEvent } from '../ses/email-event.ts';
import { readInbound, readSmsEvent } from '../sms/sms-event.ts';
import { innerMessage, type Notification } from './notification.ts';

/** Readers of receipts: each knows the notifications of its service. */
const RECEIPTS = [readEmailEvent, readSmsEvent];

/** Reads one notification of SES or End User Messaging. Returns undefined if it contains nothing that Cairn counts. */
export function readFeedback(notification: Notification): Feedback | undefined {
  const inner = innerMessage(notification);
  if (inner === undefined) return undefined;
  const inbound = readInbound(inner);
  if (inbound !== undefined) return { inbound: { ...inbound, ...publishedAt(notification) } };
  for (const read of RECEIPTS) {
    const receipt = read(inner);
    if (receipt !== undefined) return { receipt };
  }
  return undefined;
}

/** With the notification's instant, a repeat of a text has the same one, and START and STOP keep their order. */
const publishedAt = ({ Timestamp }: Notification): { at?: number } =>
  Timestamp === undefined ? {} : { at: Date.parse(Timestamp) };
