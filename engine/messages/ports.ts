import type { Channel } from '../../core/channels.ts';
import type { EpochMs, MessageId, ProfileKey } from '../../core/ids.ts';
import type { HistoryEntry, Message, Receipt } from '../../core/messages/message.ts';
import type { Target } from '../../core/sending/choose-channel.ts';
import type { Rendered } from '../../core/templates/render.ts';
import type { Cursor, Places } from '../ports.ts';

/** What a taking, a refusal or a hold writes of a message. */
export type Draft = Pick<
  Message,
  'id' | 'profile' | 'channel' | 'template' | 'topic' | 'source' | 'at' | 'request' | 'links' | 'to'
>;

/** Both ends are in it. */
export interface Range {
  from: EpochMs;
  to: EpochMs;
}

/** Where a list by day goes on. */
export interface DayPlace {
  day: EpochMs;
  places: Places;
}

/** Messages found page by page. */
export interface MessageLists {
  /** Ids of `journey:<id>`'s messages, newest first within a node; of one node only those of `range`. */
  bySource(
    source: string,
    page: { node?: string; range?: Range; limit: number; cursor?: Cursor },
  ): Promise<{ ids: MessageId[]; next?: Cursor }>;
  /** Ids of a customer's messages under all keys that it has had, newest first. */
  byProfile(
    profiles: readonly ProfileKey[],
    page: { range?: Range; limit: number; cursor?: Places | undefined },
  ): Promise<{ ids: MessageId[]; next?: Places }>;
  /** Ids of all messages, newest first, of one day a call; `next` leads to the day before. */
  byDay(
    range: Range,
    page: { limit: number; cursor?: DayPlace | undefined },
  ): Promise<{ ids: MessageId[]; next?: DayPlace }>;
  /** Ids of what is held by a channel or journey, oldest first. */
  heldBy(by: string, page: { limit: number; cursor?: Cursor }): Promise<{ ids: MessageId[]; next?: Cursor }>;
}

/** Rows of messages: the conditional change of a row decides what has happened. */
export interface MessageStore extends MessageLists {
  get(id: MessageId): Promise<Message | undefined>;
  getAll(ids: MessageId[]): Promise<Map<MessageId, Message>>;
  /** Histories by id; ids without a row are absent. */
  histories(ids: MessageId[]): Promise<Record<MessageId, Message>>;
  /** Takes a message for sending under a lease; false: it is another's, or final. */
  take(draft: Draft, owner: string, now: EpochMs, leaseUntil: EpochMs): Promise<boolean>;
  /** Refused at the gate, or failed before anything was handed to a provider; `detail` says more than the reason. */
  refuse(draft: Draft, state: 'suppressed' | 'failed', reason: string, now: EpochMs, detail?: string): Promise<boolean>;
  /** Waits on its row for `by` (a channel, or `journey:<id>`) to be resumed; found by the sparse index `held`. */
  hold(draft: Draft, by: string, now: EpochMs): Promise<boolean>;
  sent(id: MessageId, owner: string, now: EpochMs, channel: Channel, providerId: string): Promise<boolean>;
  /** Nothing reached the provider: it may be taken again. Without `detail` the history says so already. */
  release(id: MessageId, owner: string, now: EpochMs, detail: string | undefined): Promise<boolean>;
  /** Nobody knows whether the provider has it. Never sent again by itself. */
  unknown(id: MessageId, owner: string, now: EpochMs, detail: string): Promise<boolean>;
  /** After the take: the run was left, or the provider will never take it. */
  giveUp(id: MessageId, owner: string, state: 'suppressed' | 'failed', reason: string, now: EpochMs): Promise<boolean>;
  /** By a person: what `isMissed` may be taken once more, for each `intent` once. False: it is not, or was opened by that intent before. */
  reopen(id: MessageId, intent: string, now: EpochMs): Promise<boolean>;
  /** A receipt, once of each kind (machine-made ones apart): false when it was there already, or there is no such message. */
  receive(id: MessageId, receipt: Receipt, entry: Omit<HistoryEntry, 'status'>): Promise<boolean>;
}

/** What a push's result says of its tokens, however the others fared. */
export interface TokenNews {
  /** Tokens that are not to be used again, and why. */
  marked: Record<string, 'bad' | 'suppressed'>;
  /** Tokens that have become others. */
  renewed: Record<string, string>;
}

/** What a provider made of a message; the same words for all. */
export type Outcome = (
  | { kind: 'sent'; providerId: string }
  /** Known not to have been sent; another try may succeed. */
  | { kind: 'temporary'; detail: string }
  /** Known not to have been sent, since there is too much at once: no failure. */
  | { kind: 'throttled'; detail: string }
  /** Known never to be sent; `address`: because of whom it goes to. */
  | { kind: 'permanent'; detail: string; address?: 'bad' | 'suppressed' }
  /** The request left, and no answer came. */
  | { kind: 'unknown'; detail: string }
) & { tokens?: TokenNews };

export interface Envelope {
  message: string;
  profile: string;
  template: string;
  source: string;
  target: Target;
  content: Rendered;
  /** Of marketing e-mail: both one-click headers. */
  unsubscribeUrl?: string;
}

/** A channel's provider, behind its adapter. */
export interface Provider {
  channel: Channel;
  send(envelope: Envelope): Promise<Outcome>;
}
