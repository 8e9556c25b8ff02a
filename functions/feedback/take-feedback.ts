import type * as z from 'zod';
import { type ReceiveDeps, receive, stopNumber } from '../shared/sending/receive.ts';
import { readEmailEvent } from './email-event.ts';
import { innerMessage, type NotificationSchema } from './envelope.ts';
import { readInbound, readSmsEvent } from './sms-event.ts';

/** Words by which somebody who stopped starts again. */
const START = new Set(['START', 'UNSTOP', '订阅']);

const normal = (text: string): string => text.trim().toUpperCase();

/** One notification of SES or End User Messaging. What says nothing that Cairn counts is let go. */
export async function takeFeedback(deps: ReceiveDeps, notification: z.infer<typeof NotificationSchema>): Promise<void> {
  const inner = innerMessage(notification);
  const inbound = readInbound(inner);
  if (inbound !== undefined) return answer(deps, inbound);
  const received = readEmailEvent(inner) ?? readSmsEvent(inner);
  if (received !== undefined) await receive(deps, received);
}

async function answer(deps: ReceiveDeps, { from, text }: { from: string; text: string }): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  const word = normal(text);
  const isStop = snapshot.settings.optOutWords.some((stop) => normal(stop) === word);
  if (isStop || START.has(word)) await stopNumber(deps, from, text.trim(), !isStop, deps.clock());
}
