import { addressReaderOf } from '../../core/channels/address-readers.ts';
import { optOutAnswer } from '../../core/sending/opt-out-words.ts';
import type { Feedback, Inbound } from './ports.ts';
import { type ReceiptDeps, recordOptOutReply, recordReceipt } from './record-receipt.ts';

/** Most characters of an answer in the ledger. */
const MAX_TEXT = 500;

/** Records a receipt, or an answer such as STOP. A text without such a word is ignored. */
export async function handleFeedback(deps: ReceiptDeps, feedback: Feedback): Promise<void> {
  if ('receipt' in feedback) await recordReceipt(deps, feedback.receipt);
  else await answer(deps, feedback.inbound);
}

async function answer(deps: ReceiptDeps, { channel, from, text, at: saidAt }: Inbound): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  const { optOutWords, country } = snapshot.settings;
  const asked = optOutAnswer(text, optOutWords);
  if (asked === undefined) return;
  const ref = { channel, value: addressReaderOf(channel).parse(from, country) };
  const now = deps.clock();
  const at = saidAt === undefined ? now : Math.min(now, saidAt);
  await recordOptOutReply(deps, ref, { granted: asked === 'start', at, text: text.trim().slice(0, MAX_TEXT) });
}
