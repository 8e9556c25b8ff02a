import type { EpochMs } from '../../core/ids.ts';
import { type ReceiveDeps, receive, stopNumber } from '../shared/sending/receive.ts';
import { readEmailEvent } from './email-event.ts';
import { innerMessage, type Notification } from './envelope.ts';
import { readInbound, readSmsEvent } from './sms-event.ts';

/** Words by which somebody who stopped starts again. */
const START = new Set(['START', 'UNSTOP', '订阅']);

/** Full-width letters are letters; case, blanks and what stands around the word do not matter: `ｔｄ`, `"Stop."`. */
function normal(text: string): string {
  const plain = text.normalize('NFKC').trim().toUpperCase();
  return plain.replaceAll(/^[\s\p{P}]+|[\s\p{P}]+$/gu, '') || plain;
}

/** One notification of SES or End User Messaging. What says nothing that Cairn counts is let go. */
export async function takeFeedback(deps: ReceiveDeps, notification: Notification): Promise<void> {
  const inner = innerMessage(notification);
  if (inner === undefined) return;
  const inbound = readInbound(inner);
  if (inbound !== undefined) return answer(deps, inbound, saidAt(notification, deps.clock()));
  const received = readEmailEvent(inner) ?? readSmsEvent(inner);
  if (received !== undefined) await receive(deps, received);
}

/** An inbound text has no instant of its own. By the notification's, a repeat says what it said before, and START and STOP keep their order. */
const saidAt = ({ Timestamp }: Notification, now: EpochMs): EpochMs =>
  Timestamp === undefined ? now : Math.min(now, Date.parse(Timestamp));

async function answer(deps: ReceiveDeps, { from, text }: { from: string; text: string }, at: EpochMs): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  const word = normal(text);
  const isStop = snapshot.settings.optOutWords.some((stop) => normal(stop) === word);
  if (isStop || START.has(word)) await stopNumber(deps, from, text.trim(), !isStop, at);
}
