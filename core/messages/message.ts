import type { Channel } from '../channels.ts';
import type { EpochMs, MessageId, ProfileKey } from '../ids.ts';
import type { SendRequest, Source } from './send-request.ts';

/**
 * Where the sending of a message stands: `sending` is taken under a lease, `released` may be taken again, `held` waits for a pause to end,
 * the others are final (a receipt may still settle `unknown`).
 */
export type SendState = 'sending' | 'released' | 'held' | 'sent' | 'suppressed' | 'failed' | 'unknown';

/** What providers and people tell afterwards. */
export type Receipt = 'delivered' | 'opened' | 'clicked' | 'bounced' | 'complained' | 'unsubscribed';

export interface HistoryEntry {
  status: string;
  at: EpochMs;
  channel?: Channel;
  detail?: string;
  /** Made by a machine (a mail proxy, a link scanner): never counts as interest. */
  machine?: boolean;
}

/** The row of one message (Messages, `MSG#<id>`): one a run, node and visit, however many channels were tried. */
export interface Message {
  id: MessageId;
  /** Home of the run, or the profile addressed. */
  profile: ProfileKey;
  channel?: Channel;
  template: { id: string; version: number };
  topic?: string;
  source: Source;
  state: SendState;
  reason?: string;
  at: EpochMs;
  history: HistoryEntry[];
  owner?: string;
  leaseUntil?: EpochMs;
  providerId?: string;
  /** `addressHash` of the number that an SMS was handed over for. */
  to?: string;
  /** Counted links in the order of their numbers. */
  links?: string[];
  /** What it was asked for with: to release or resend it. */
  request: SendRequest;
  /** Acts of people by which it was sent again. */
  resends: string[];
  bouncedAt?: EpochMs;
  /** The newest receipt since it was sent. */
  heardAt?: EpochMs;
}

/** Whether a person may have it sent again: it did not arrive (failed, suppressed, bounced), or nobody has heard of it since (unknown). */
export function isMissed({ state, bouncedAt, heardAt }: Pick<Message, 'state' | 'bouncedAt' | 'heardAt'>): boolean {
  if (state === 'sent') return bouncedAt !== undefined;
  if (state === 'unknown') return bouncedAt !== undefined || heardAt === undefined;
  return state === 'failed' || state === 'suppressed';
}

/** What `GET /v1/messages` may show as a status. */
export const MESSAGE_STATUSES = [
  'held',
  'deferred',
  'sending',
  'sent',
  'delivered',
  'opened',
  'clicked',
  'bounced',
  'complained',
  'suppressed',
  'failed',
  'unknown',
] as const;

/** In a history: a person has it sent again. */
export const RESENT = 'resent';

/** The word of the API for a state or an entry of a history: what waits for its next try is still being sent. */
export const shownStatus = (status: string): string =>
  status === 'released' || status === RESENT ? 'sending' : status;

/** Furthest first. */
const RECEIPTS: readonly Receipt[] = ['complained', 'bounced', 'clicked', 'opened', 'delivered'];

/** The furthest status that the message has reached, as the API shows it; of one that was sent again, since then. */
export function statusOf(message: Pick<Message, 'state' | 'history'>): string {
  const { state, history } = message;
  if (state !== 'sent' && state !== 'unknown') return shownStatus(state);
  const told = history.slice(history.findLastIndex(({ status }) => status === RESENT) + 1);
  return RECEIPTS.find((receipt) => told.some((entry) => entry.status === receipt && entry.machine !== true)) ?? state;
}
