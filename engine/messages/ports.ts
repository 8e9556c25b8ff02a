import type { AddressedChannel, Channel, Rendered, SETTINGS_SHAPE, Target } from '../../core/channels/registry.ts';
import type { Settings } from '../../core/definitions/settings.ts';
import type { EntryId, EpochMs, MessageId, ProfileKey } from '../../core/ids.ts';
import type { ChannelOpening } from '../../core/messages/channel-opening.ts';
import type { HistoryEntry, Message, Receipt } from '../../core/messages/message.ts';
import type { Priority } from '../../core/messages/send-request.ts';
import type { Heard, Move } from '../../core/messages/standing.ts';
import type { Breaker, Counts } from '../../core/policies/breaker.ts';
import type { AddressRecord, AddressRef } from '../../core/profiles/address-record.ts';
import type { CountedSends } from '../../core/profiles/counted-sends.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Cursor, Places } from '../ports.ts';
import type { ProfileItems } from '../profiles/ports.ts';

/** Fields of a message that a take, a refusal or a hold writes. */
export type Draft = Pick<
  Message,
  'id' | 'profile' | 'channel' | 'template' | 'topic' | 'source' | 'at' | 'request' | 'links' | 'to' | 'generations'
>;

/** Both ends are included. */
export interface Range {
  from: EpochMs;
  to: EpochMs;
}

/** Cursor of a list by day. */
export interface DayPlace {
  day: EpochMs;
  places: Places;
}

/** Messages found page by page. */
export interface MessageLists {
  /** Returns the ids of `journey:<id>`'s messages, newest first within a node; for one node only those of `range`. */
  bySource(
    source: string,
    page: { node?: string; range?: Range; limit: number; cursor?: Cursor },
  ): Promise<{ ids: MessageId[]; next?: Cursor }>;
  /** Ids of a customer's messages under all keys that it has had, newest first. */
  byProfile(
    profiles: readonly ProfileKey[],
    page: { range?: Range; limit: number; cursor?: Places | undefined },
  ): Promise<{ ids: MessageId[]; next?: Places }>;
  /** Returns the ids of all messages, newest first, of one day per call; `next` leads to the day before. */
  byDay(
    range: Range,
    page: { limit: number; cursor?: DayPlace | undefined },
  ): Promise<{ ids: MessageId[]; next?: DayPlace }>;
  /** Returns the ids of the messages that a channel or journey holds, oldest first. */
  heldBy(by: string, page: { limit: number; cursor?: Cursor }): Promise<{ ids: MessageId[]; next?: Cursor }>;
  /** Returns the ids of the messages that wait for an opening, oldest first. A message may be missing for a moment after it was deferred. */
  deferredTo(
    opening: ChannelOpening,
    page: { limit: number; cursor?: Places | undefined },
  ): Promise<{ ids: MessageId[]; next?: Places }>;
  countDeferredTo(opening: ChannelOpening): Promise<number>;
}

/**
 * Message rows: the conditional update of a row decides what happens to the message. Changes that move it among the counts of its occurrence return that
 * move.
 */
export interface MessageStore extends MessageLists {
  get(id: MessageId): Promise<Message | undefined>;
  getAll(ids: MessageId[]): Promise<Map<MessageId, Message>>;
  /** Returns histories by id; ids without a row are absent. */
  histories(ids: MessageId[]): Promise<Record<MessageId, Message>>;
  /** Takes a message for sending under a lease. Returns false if another owner has it, or if it is final. */
  take(draft: Draft, owner: string, now: EpochMs, leaseUntil: EpochMs): Promise<Move | false>;
  /** Refuses a message at the gate, or before anything was handed to a provider. `detail` says more than the reason. */
  refuse(
    draft: Draft,
    state: 'suppressed' | 'failed',
    reason: string,
    now: EpochMs,
    detail?: string,
  ): Promise<Move | false>;
  /** Holds a message on its row until `by` (a channel, or `journey:<id>`) is resumed; the sparse index `held` finds it. */
  hold(draft: Draft, by: string, now: EpochMs): Promise<Move | false>;
  /** Defers a message on its row; `deferredTo` lists it, unless it is on a queue and is not to be listed. */
  defer(draft: Draft, why: string, opening: ChannelOpening | undefined, now: EpochMs): Promise<Move | false>;
  sent(id: MessageId, owner: string, now: EpochMs, channel: Channel, providerId: string): Promise<boolean>;
  /** Releases a message that did not reach the provider: it may be taken again. Without `detail`, the history says so already. */
  release(id: MessageId, owner: string, now: EpochMs, detail: string | undefined): Promise<boolean>;
  /** Marks a message as unknown: the provider may or may not have it. It is never sent again automatically. */
  unknown(id: MessageId, owner: string, now: EpochMs, detail: string): Promise<Move | false>;
  /** Gives up a message after the take: the run was left, or the provider will never accept it. */
  giveUp(
    draft: Pick<Draft, 'id' | 'channel'>,
    owner: string,
    state: 'suppressed' | 'failed',
    reason: string,
    now: EpochMs,
  ): Promise<boolean>;
  /**
   * Reopens a message that `isMissed`, at a person's request, so that it can be taken once more; once for each `intent`. Returns false if the message
   * is not missed, or if this intent has reopened it before.
   */
  reopen(id: MessageId, intent: string, now: EpochMs): Promise<Move | false>;
  /** Records a receipt, once of each kind (machine-made ones apart). Returns false if it was recorded before, or if there is no such message. */
  receive(id: MessageId, receipt: Receipt, entry: Omit<HistoryEntry, 'status'>): Promise<Heard | false>;
}

/** Records that may still stop a message that is taken. */
export interface LastSeen {
  run: Run | undefined;
  /** Absent: it was not asked for. */
  profile: ProfileItems | undefined;
  /** The profile's sends that caps count; empty where they were not asked for. */
  sends: CountedSends;
  /** Records of the addresses by `addressId`. */
  records: Map<string, AddressRecord>;
}

/** Reads it strongly consistently, after the take. */
export type LastLook = (asked: {
  /** Absent: no run waits for the message. */
  run: EntryId | undefined;
  /** The profile as the gate found it. Absent: the message asks for no consent, and is nobody's twin. */
  profile: ProfileKey | undefined;
  /** The addresses on the channel by which the message goes. */
  addresses: readonly AddressRef[];
}) => Promise<LastSeen>;

/** Failures of providers, as all senders know them. */
export interface BreakerStore {
  /** Adds to the counts of now, and returns those of the last minute. */
  count(provider: string, counts: Counts, now: EpochMs): Promise<Counts>;
  /** Opens it, unless it is open. */
  open(provider: string, breaker: Breaker): Promise<void>;
  /** Returns true for one of those who have seen it open until `seen`: that one probes the provider, and it stays open for the others. */
  claim(provider: string, seen: EpochMs, until: EpochMs): Promise<boolean>;
  /** The probe failed. */
  stay(provider: string): Promise<void>;
  /** The probe succeeded: counting begins anew. */
  close(provider: string, now: EpochMs): Promise<void>;
}

/** When tokens are taken of a bucket, which was full then or was not; and how far its instant may be at most, so that there are enough. */
export interface Giving {
  isFull: boolean;
  now: EpochMs;
  limit: EpochMs;
}

/** All senders of a provider share the instants up to which its rate is given away. */
export interface RateStore {
  /** `at`: when all tokens that were given away have come; `fullAt`: when the bucket was last found full. Absent: none was given away. */
  given(provider: string): Promise<{ at: EpochMs; fullAt: EpochMs } | undefined>;
  /**
   * Moves that instant by `byMs`, never back; that of a full bucket from `now`. False: others came first, or it has moved and those tokens are lost. A
   * repeat whose first answer was lost may move it twice: tokens are lost, and never given twice.
   */
  give(provider: string, byMs: number, giving: Giving): Promise<boolean>;
  /** Moves the end of a priority's line, or `now` if it has passed, by `byMs`. Returns the new end. */
  lengthen(provider: string, priority: Priority, byMs: number, now: EpochMs): Promise<EpochMs>;
}

/** A provider's report on single addresses of a message that went to several; the others may have succeeded. */
export interface TokenUpdates {
  /** Tokens that must not be used again, and why. */
  marked: Record<string, 'bad' | 'suppressed'>;
  /** Tokens that were replaced by others. */
  renewed: Record<string, string>;
}

/** Outcome of a message at its provider, in the same words for all providers. */
export type Outcome = (
  | { kind: 'sent'; providerId: string }
  /** The message was certainly not sent; another try may succeed. */
  | { kind: 'temporary'; detail: string }
  /** The message was certainly not sent, because the provider throttles. This does not count as a failure. */
  | { kind: 'throttled'; detail: string }
  /** The message will never be sent. `address`: the recipient's address is the cause. */
  | { kind: 'permanent'; detail: string; address?: 'bad' | 'suppressed' }
  /** The request left, and no response came. */
  | { kind: 'unknown'; detail: string }
) & { tokens?: TokenUpdates };

export interface Envelope {
  message: string;
  profile: string;
  template: string;
  source: string;
  target: Target;
  content: Rendered;
  /** Settings that channels read. */
  settings: Pick<Settings, keyof typeof SETTINGS_SHAPE>;
  /** Until the message expires; absent: it never does. */
  secondsLeft?: number;
  /** Only of marketing e-mail: URL of both one-click headers. */
  unsubscribeUrl?: string;
}

/** Adapter of a channel's provider. */
export interface Provider {
  /** A channel may have several one day: rates are those of a provider. */
  name: string;
  channel: Channel;
  send(envelope: Envelope): Promise<Outcome>;
}

/** A receipt, as a provider reports it. */
export interface Received {
  message: MessageId;
  receipt: Receipt;
  at: EpochMs;
  machine?: boolean;
  detail?: string;
  link?: string;
  /** Mark that the receipt puts on the address. */
  address?: 'bad' | 'suppressed';
  /** The address as the provider reports it; the customer may have another by now. */
  to?: string | undefined;
}

/** An inbound message. */
export interface Inbound {
  channel: AddressedChannel;
  from: string;
  text: string;
  /** The same in every repeat; absent: unknown. */
  at?: EpochMs;
}

/** A provider's report: a receipt about one of our messages, or an inbound message. */
export type Feedback = { receipt: Received } | { inbound: Inbound };
