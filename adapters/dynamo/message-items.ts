import type { Channel } from '../../core/channels/registry.ts';
import { compress, decompress } from '../../core/compression.ts';
import { bucketOf, type EpochMs, type MessageId, type ProfileKey } from '../../core/ids.ts';
import type { Generations, HistoryEntry, Message, SendState } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import { type Move, standingOf } from '../../core/messages/standing.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import { expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import type { Table } from './table.ts';

/** A message's row, and back. */

/** Partition of the messages whose ids begin with this bucket: those of one profile, seldom of two. */
export const bucketKey = (bucket: string): string => `MSG#${bucket}`;
export const messageKey = (id: MessageId): Key => ({ pk: bucketKey(bucketOf(id)), sk: id });
export const idOf = ({ sk }: Item): MessageId => String(sk);

/** The row, if its last change of state is that of this call. */
export async function rowBy(messages: Table, id: MessageId, operation: string): Promise<Item | undefined> {
  const row = await messages.get(messageKey(id));
  return row?.op === operation ? row : undefined;
}

/** Keeps the state that a change replaces, so that a repeat of the same call finds it too. */
export const WAS = { wasState: expression`#state` };
/** Also what else the count of an ended message goes by. */
export const WAS_ENDED = {
  ...WAS,
  wasReason: expression`if_not_exists(#reason, ${''})`,
  wasHeardAt: expression`if_not_exists(#heardAt, ${0})`,
};

/** Returns the standings from which (`WAS` keeps it) and to which the last change of a row's state has moved it. */
export const moveOf = (row: Item): Move => ({
  ...(row.wasState === undefined ? {} : { from: standingBefore(row) }),
  ...entryOf(row),
});
/** Returns the standing to which a change has moved a row whose state counted as none. */
export const entryOf = ({ state, reason, heardAt }: Item): Move => ({
  to: standingOf({ state, reason, heardAt } as Pick<Message, 'state' | 'reason' | 'heardAt'>), // as these files wrote them
});
const standingBefore = ({ wasState, wasReason, wasHeardAt }: Item): Move['from'] =>
  standingOf({
    state: wasState as SendState,
    reason: wasReason as string,
    heardAt: (wasHeardAt as EpochMs) || undefined,
  });

/** The request without what the row says by itself: a row beyond 1 KB costs a unit more at each write. */
export function storedRequest({ profile, request }: Draft): string | Uint8Array {
  const { message: _id, template: _template, source: _source, at: _at, ...own } = request;
  const stored: Partial<SendRequest> = { ...own, runData: undefined, lookedAgain: undefined, rests: undefined };
  return compress({ ...stored, profile: own.profile === profile ? undefined : own.profile });
}

/** Rows of an older version hold the whole request. */
const requestOf = (item: Item): SendRequest => ({
  message: idOf(item),
  profile: item.profile as ProfileKey,
  template: item.template as SendRequest['template'],
  source: item.sourceKind as Source,
  at: item.at as EpochMs,
  ...decompress<Partial<SendRequest>>(item.request),
});

/** The item as these files wrote it: the casts name what only they write. */
export function messageOf(item: Item): Message {
  const channel = item.channel === '-' ? undefined : (item.channel as Channel);
  return {
    id: idOf(item),
    profile: item.profile as ProfileKey,
    channel,
    template: item.template as Message['template'],
    topic: item.topic as string | undefined,
    source: item.sourceKind as Source,
    state: item.state as SendState,
    reason: item.reason as string | undefined,
    at: item.at as EpochMs,
    history: (item.history ?? []) as HistoryEntry[],
    owner: item.owner as string | undefined,
    leaseUntil: item.leaseUntil as EpochMs | undefined,
    providerId: item.providerId as string | undefined,
    links: item.links as string[] | undefined,
    to: item.to as string | undefined,
    request: requestOf(item),
    resends: (item.resends ?? []) as string[],
    bouncedAt: item.bouncedAt as EpochMs | undefined,
    heardAt: item.heardAt as EpochMs | undefined,
    generations: item.generations as Generations | undefined,
  };
}
