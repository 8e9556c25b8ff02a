import * as z from 'zod';
import type { Channel } from '../channels/registry.ts';
import type { EpochMs, MessageId, ProfileKey } from '../ids.ts';
import { lazySchema } from '../lazy-schema.ts';
import type { SendRequest } from './send-request.ts';
import type { Source } from './source.ts';

/**
 * State of a message's sending: `sending` is taken under a lease, `released` may be taken again, `held` waits for the end of a pause, `deferred` for an
 * instant, and the others are final (a receipt may still settle `unknown`).
 */
export type SendState = 'sending' | 'released' | 'held' | 'deferred' | 'sent' | 'suppressed' | 'failed' | 'unknown';

/** Reports of providers and customers after the send. */
export const RECEIPTS = ['delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed'] as const;
export type Receipt = (typeof RECEIPTS)[number];

export interface HistoryEntry {
  status: string;
  at: EpochMs;
  channel?: Channel;
  detail?: string;
  /** Why it ended, where `detail` says more. */
  reason?: string;
  /** When it was written, if that was on another day (UTC) than `at`. */
  recordedAt?: EpochMs;
  /** A machine (a mail proxy, a link scanner) caused it: it never counts as interest. */
  machine?: boolean;
}

/** How often its channel and its source had been resumed when it was taken: guardrails count generations apart. Absent: never. */
export const GenerationsSchema = lazySchema(() => z.object({ channel: z.int(), source: z.int() }));
export type Generations = z.infer<typeof GenerationsSchema>;

/** The row of one message (Messages, `MSG#<id>`): one for each run, node and visit, however many channels were tried. */
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
  /** `addressHash` of the number to which an SMS was handed over. */
  to?: string;
  /** Counted links in the order of their numbers. */
  links?: string[];
  /** The request that created the message: needed to release or resend it. */
  request: SendRequest;
  /** Ids of the acts by which people resent it. */
  resends: string[];
  bouncedAt?: EpochMs;
  /** Instant of the newest receipt since it was sent. */
  heardAt?: EpochMs;
  generations?: Generations | undefined;
}

/** Whether it waits on its row until somebody sends it to the gate again. */
export const isWaiting = ({ state }: Pick<Message, 'state'>): boolean => state === 'held' || state === 'deferred';

/** Whether a person may resend it: it did not arrive (failed, suppressed, bounced), or there was no receipt since (unknown). */
export function isMissed({ state, bouncedAt, heardAt }: Pick<Message, 'state' | 'bouncedAt' | 'heardAt'>): boolean {
  if (state === 'sent') return bouncedAt !== undefined;
  if (state === 'unknown') return bouncedAt !== undefined || heardAt === undefined;
  return state === 'failed' || state === 'suppressed';
}

/** No answer came from a provider that was handed it, and no bounce since, whatever has become of later tries. */
export const mayHaveArrived = ({ history }: Pick<Message, 'history'>): boolean =>
  history.findLastIndex(({ status }) => status === 'unknown') >
  history.findLastIndex(({ status }) => status === 'bounced');

/** When a provider last had the message, or may have had it, whatever became of it since; undefined: none has. */
export const handedOverAt = ({ history }: Pick<Message, 'history'>): EpochMs | undefined =>
  history.findLast(({ status }) => status === 'sent' || status === 'unknown')?.at;

/** Whether a person has opened or clicked it since it was last sent. */
export const hasInterest = ({ history }: Pick<Message, 'history'>): boolean =>
  history
    .slice(history.findLastIndex(({ status }) => status === RESENT) + 1)
    .some(({ status, machine }) => (status === 'opened' || status === 'clicked') && machine !== true);

/** Statuses that `GET /v1/messages` may return. */
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

/** Entry of a history: a person resends the message. */
export const RESENT = 'resent';

/** Returns the API's word for a state or an entry of a history: a message that waits for its next try is still `sending`. */
export const shownStatus = (status: string): string =>
  status === 'released' || status === RESENT ? 'sending' : status;

/** An unsubscription leaves a message what it was. */
const FURTHEST_FIRST: readonly Receipt[] = ['complained', 'bounced', 'clicked', 'opened', 'delivered'];

/** Returns the furthest status that the message has reached, as the API shows it; for a resent message, since the resend. */
export function statusOf(message: Pick<Message, 'state' | 'history'>): string {
  const { state, history } = message;
  if (state !== 'sent' && state !== 'unknown') return shownStatus(state);
  const sinceResent = history.slice(history.findLastIndex(({ status }) => status === RESENT) + 1);
  return (
    FURTHEST_FIRST.find((receipt) => sinceResent.some((entry) => entry.status === receipt && entry.machine !== true)) ??
    state
  );
}
