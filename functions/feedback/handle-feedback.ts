import { readerOf } from '../../core/channels/readers.ts';
import type { EpochMs } from '../../core/ids.ts';
import { optOutAnswer } from '../../core/sending/opt-out-words.ts';
import { type ReceiptDeps, recordAnswer, recordReceipt } from '../../engine/messages/record-receipt.ts';
import { readEmailEvent } from './email-event.ts';
import { innerMessage, type Notification } from './envelope.ts';
import { type Inbound, readInbound, readSmsEvent } from './sms-event.ts';

/** Most characters of an answer in the ledger. */
const MAX_TEXT = 500;

/** Handles one notification of SES or End User Messaging. One without anything that Cairn counts is ignored. */
export async function handleFeedback(deps: ReceiptDeps, notification: Notification): Promise<void> {
  const inner = innerMessage(notification);
  if (inner === undefined) return;
  const inbound = readInbound(inner);
  if (inbound !== undefined) return answer(deps, inbound, saidAt(notification, deps.clock()));
  const received = readEmailEvent(inner) ?? readSmsEvent(inner);
  if (received !== undefined) await recordReceipt(deps, received);
}

/** An inbound text has no instant of its own. With the notification's instant, a repeat has the same one, and START and STOP keep their order. */
const saidAt = ({ Timestamp }: Notification, now: EpochMs): EpochMs =>
  Timestamp === undefined ? now : Math.min(now, Date.parse(Timestamp));

async function answer(deps: ReceiptDeps, { channel, from, text }: Inbound, at: EpochMs): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  const { optOutWords, country } = snapshot.settings;
  const asked = optOutAnswer(text, optOutWords);
  const ref = { channel, value: readerOf(channel).typed(from, country) };
  if (asked === undefined) return;
  await recordAnswer(deps, ref, { granted: asked === 'start', at, text: text.trim().slice(0, MAX_TEXT) });
}
