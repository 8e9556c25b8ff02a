import type { MessageId } from '../../core/ids.ts';
import type { HistoryEntry, Message, SendState } from '../../core/messages/message.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { Draft } from '../messages/ports.ts';
import type { ReceiptDeps } from '../messages/record-receipt.ts';
import type { RunDeps } from '../runs/deps.ts';

export type Messages = RunDeps['messages'] & SenderDeps['messages'] & ReceiptDeps['messages'];

/** Message rows in memory, with the conditions of `messages.dynamo.ts`. */
export function simulatedMessages(recorder: Recorder) {
  const rows = new Map<MessageId, Message>();

  function put(row: Message): true {
    rows.set(row.id, row);
    recorder.message(row);
    return true;
  }

  /** Succeeds only if there is no row, or one that may be taken again. */
  function enter(draft: Draft, state: SendState, entry: HistoryEntry, more: Partial<Message> = {}): boolean {
    const before = rows.get(draft.id);
    if (before !== undefined && before.state !== 'released' && before.state !== 'held') return false;
    const at = before?.at ?? draft.at;
    const channel = draft.channel ?? before?.channel;
    return put({ ...draft, channel, at, resends: [], history: [...(before?.history ?? []), entry], ...more, state });
  }

  /** Succeeds only if `owner` has taken the row. */
  function leave(
    id: MessageId,
    owner: string,
    state: SendState,
    entry: HistoryEntry,
    more: Partial<Message> = {},
  ): boolean {
    const row = rows.get(id);
    if (row?.state !== 'sending' || row.owner !== owner) return false;
    const { owner: _owner, leaseUntil: _lease, ...rest } = row;
    return put({ ...rest, history: [...row.history, entry], ...more, state });
  }

  const store: Messages = {
    get: async (id) => rows.get(id),
    getAll: async (ids) => new Map(ids.flatMap((id) => pairOf(rows, id))),
    histories: async (ids) => Object.fromEntries([...new Set(ids)].flatMap((id) => pairOf(rows, id))),
    byProfile: async () => ({ ids: [...rows.keys()].reverse() }),
    // Nobody resends a message in a simulation.
    reopen: async () => false,
    take: async (draft, owner, now, leaseUntil) =>
      enter(draft, 'sending', { status: 'sending', at: now, channel: draft.channel }, { owner, leaseUntil }),
    refuse: async (draft, state, reason, now, detail = reason) =>
      enter(draft, state, { status: state, at: now, channel: draft.channel, detail }, { reason }),
    hold: async (draft, _by, now) =>
      enter(draft, 'held', { status: 'held', at: now, channel: draft.channel, detail: 'paused' }, { reason: 'paused' }),
    sent: async (id, owner, now, channel, providerId) =>
      leave(id, owner, 'sent', { status: 'sent', at: now, channel }, { providerId }),
    release: async (id, owner, now, detail) =>
      leave(id, owner, 'released', { status: 'released', at: now, ...(detail === undefined ? {} : { detail }) }),
    unknown: async (id, owner, now, detail) => leave(id, owner, 'unknown', { status: 'unknown', at: now, detail }),
    giveUp: async (id, owner, state, reason, now) =>
      leave(id, owner, state, { status: state, at: now, detail: reason }, { reason }),
    async receive(id, receipt, entry) {
      const row = rows.get(id);
      const isKnown = row?.history.some(
        (one) => one.status === receipt && (one.machine ?? false) === (entry.machine ?? false),
      );
      if (row === undefined || isKnown) return false;
      rows.set(id, { ...row, history: [...row.history, { status: receipt, ...entry }] });
      return true;
    },
  };
  return store;
}

function pairOf(rows: Map<MessageId, Message>, id: MessageId): [MessageId, Message][] {
  const row = rows.get(id);
  return row === undefined ? [] : [[id, row]];
}
