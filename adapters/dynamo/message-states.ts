import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs, MessageId } from '../../core/ids.ts';
import type { ChannelOpening } from '../../core/messages/channel-opening.ts';
import type { HistoryEntry, SendState } from '../../core/messages/message.ts';
import { isOfOccurrence } from '../../core/messages/source.ts';
import type { Move } from '../../core/messages/standing.ts';
import type { Draft, MessageStore } from '../../engine/messages/ports.ts';
import { isConditionMet, newOperation, writtenItem } from './conditional-write.ts';
import { expression, listOf, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import { entryOf, messageKey, moveOf, rowBy, storedRequest, WAS } from './message-items.ts';
import { deferredKey, indexesOf } from './message-lists.ts';
import { noteIfLate } from './recorded-messages.ts';
import type { Table } from './table.ts';

/** Data with which a message enters a state. */
interface Entry {
  state: SendState;
  history: HistoryEntry;
  set: Item;
  /** Attributes of an existing row that do not belong to this state. */
  remove: string[];
}

type Entering = Pick<MessageStore, 'take' | 'refuse' | 'hold' | 'defer'>;

/** Messages that are not there yet, or were released, held or deferred. */
export const messageEntries = (messages: Table): Entering => ({
  take(draft: Draft, owner: string, now: EpochMs, leaseUntil: EpochMs): Promise<Move | false> {
    return enter(messages, draft, {
      state: 'sending',
      history: { status: 'sending', at: now, channel: draft.channel },
      set: { owner, leaseUntil },
      remove: ['held', 'heldAt', 'reason'],
    });
  },

  async refuse(
    draft: Draft,
    state: 'suppressed' | 'failed',
    reason: string,
    now: EpochMs,
    detail: string = reason,
  ): Promise<Move | false> {
    await noteIfLate(messages, draft.id, now);
    const more = detail === reason ? {} : { reason };
    return enter(messages, draft, {
      state,
      history: { status: state, at: now, channel: draft.channel, detail, ...more },
      set: { reason },
      remove: ['held', 'heldAt', 'owner', 'leaseUntil'],
    });
  },

  async hold(draft: Draft, by: string, now: EpochMs): Promise<Move | false> {
    if (isOfOccurrence(draft.source)) await noteIfLate(messages, draft.id, now);
    return enter(messages, draft, {
      state: 'held',
      history: { status: 'held', at: now, channel: draft.channel, detail: 'paused' },
      set: { reason: 'paused', held: by, heldAt: now },
      remove: ['owner', 'leaseUntil'],
    });
  },

  async defer(draft: Draft, why: string, opening: ChannelOpening | undefined, now: EpochMs): Promise<Move | false> {
    if (isOfOccurrence(draft.source)) await noteIfLate(messages, draft.id, now);
    return enter(messages, draft, {
      state: 'deferred',
      history: { status: 'deferred', at: now, channel: draft.channel, detail: why },
      set: { reason: why, ...(opening && { held: deferredKey(opening, draft.id), heldAt: draft.at }) },
      remove: ['owner', 'leaseUntil', ...(opening ? [] : ['held', 'heldAt'])],
    });
  },
});

/** Writes the state of a message that has no row yet, or may be taken (again). Keeps the history. */
async function enter(messages: Table, draft: Draft, entry: Entry): Promise<Move | false> {
  const op = newOperation();
  const set = { ...attributesOf(draft), state: entry.state, op, ...entry.set };
  // As a rule there is no row yet.
  const item = {
    ...messageKey(draft.id),
    ...set,
    channel: draft.channel ?? '-',
    at: draft.at,
    history: [entry.history],
  };
  if (await isConditionMet(messages.put(item, NOT_THERE))) return moveOf(item);
  if (isRetake(entry.state, draft)) {
    const row = await change(messages, draft, { ...entry, set }, { op, from: ['released'], added: [] });
    if (row !== undefined) return moveOf(row);
  }
  // A message that waited counts as waiting no longer.
  if (entry.state === 'sending' && isOfOccurrence(draft.source)) await noteIfLate(messages, draft.id, entry.history.at);
  const all = { op, from: ['released', 'held', 'deferred'], added: [entry.history] };
  const row = await change(messages, draft, { ...entry, set }, all);
  return row !== undefined && moveOf(row);
}

function change(
  messages: Table,
  { id, generations }: Draft,
  { set, remove }: Entry,
  { op, from, added }: { op: string; from: string[]; added: HistoryEntry[] },
): Promise<Item | undefined> {
  const changed = messages.update(
    messageKey(id),
    {
      set: { ...set, ...WAS, history: expression`list_append(#history, ${added})` },
      // Another channel's, of an earlier try.
      remove: generations === undefined ? [...remove, 'generations'] : remove,
      // Not again by the same call: a hold that was carried out leaves a row that may be held.
      when: expression`#state IN ${listOf(from)} AND (attribute_not_exists(#op) OR #op <> ${op})`,
    },
    'ALL_NEW',
  );
  return writtenItem(changed, () => rowBy(messages, id, op));
}

const attributesOf = (draft: Draft): Item => ({
  profile: draft.profile,
  channel: draft.channel,
  template: draft.template,
  topic: draft.topic,
  sourceKind: draft.source,
  ...indexesOf(draft),
  request: storedRequest(draft),
  links: draft.links,
  to: draft.to,
  generations: draft.generations,
});

/**
 * A message whose provider throttles is taken hundreds of times, and a row may have 400 KB: only a take after it was held or deferred is an entry of its
 * history.
 */
const isRetake = (state: SendState, { request }: Draft): boolean =>
  state === 'sending' && request.throttled !== undefined;

type Leaving = Pick<MessageStore, 'sent' | 'release' | 'unknown' | 'giveUp'>;

/** Ends, or releases, what `owner` has taken; false: it is no longer theirs. */
export const messageExits = (messages: Table): Leaving => ({
  async sent(id: MessageId, owner: string, now: EpochMs, channel: Channel, providerId: string): Promise<boolean> {
    await noteIfLate(messages, id, now);
    const entries = [{ status: 'sent' as const, at: now, channel }];
    return leaveIfOwned(messages, { id, owner }, 'sent', entries, { providerId });
  },

  release(id: MessageId, owner: string, now: EpochMs, detail: string | undefined): Promise<boolean> {
    const entries = detail === undefined ? [] : [{ status: 'released' as const, at: now, detail }];
    return leaveIfOwned(messages, { id, owner }, 'released', entries);
  },

  async unknown(id: MessageId, owner: string, now: EpochMs, detail: string): Promise<Move | false> {
    await noteIfLate(messages, id, now);
    const row = await leave(messages, { id, owner }, 'unknown', [{ status: 'unknown', at: now, detail }]);
    return row !== undefined && entryOf(row);
  },

  async giveUp(
    { id, channel }: Pick<Draft, 'id' | 'channel'>,
    owner: string,
    state: 'suppressed' | 'failed',
    reason: string,
    now: EpochMs,
  ): Promise<boolean> {
    await noteIfLate(messages, id, now);
    const entry = { status: state, at: now, ...(channel === undefined ? {} : { channel }), detail: reason };
    return leaveIfOwned(messages, { id, owner }, state, [entry], { reason });
  },
});

function leave(
  messages: Table,
  { id, owner }: { id: MessageId; owner: string },
  state: SendState,
  entries: HistoryEntry[],
  more: Item = {},
): Promise<Item | undefined> {
  const op = newOperation();
  const change = {
    set: { state, history: expression`list_append(#history, ${entries})`, ...more, op },
    remove: ['owner', 'leaseUntil'],
    when: expression`#state = ${'sending'} AND #owner = ${owner}`,
  };
  return writtenItem(messages.update(messageKey(id), change, 'ALL_NEW'), () => rowBy(messages, id, op));
}

const leaveIfOwned = async (...args: Parameters<typeof leave>): Promise<boolean> =>
  (await leave(...args)) !== undefined;
