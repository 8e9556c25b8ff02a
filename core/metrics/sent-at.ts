import type { EpochMs } from '../ids.ts';
import type { HistoryEntry } from '../messages/message.ts';

const HANDED = new Set(['sent', 'unknown', 'sending']);

/** When a message was handed over the last time; a receipt may come before its sender has written that it was sent. */
export const sentAtOf = (history: readonly HistoryEntry[]): EpochMs | undefined =>
  history.findLast(({ status }) => HANDED.has(status))?.at;
