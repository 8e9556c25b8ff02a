import type { MessageId } from '../../core/ids.ts';
import { type ChannelOpening, openingId } from '../../core/messages/channel-opening.ts';
import {
  type HistoryEntry,
  isWaiting,
  type Message,
  type Receipt,
  type SendState,
} from '../../core/messages/message.ts';
import type { Move } from '../../core/messages/standing.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { ReleaseDeferredDeps } from '../jobs/release-deferred.ts';
import type { SenderDeps } from '../messages/deps.ts';
import type { Draft } from '../messages/ports.ts';
import type { ReceiptDeps } from '../messages/record-receipt.ts';
import type { RunDeps } from '../runs/deps.ts';

export type Messages = RunDeps['messages'] &
  SenderDeps['messages'] &
  ReceiptDeps['messages'] &
  ReleaseDeferredDeps['messages'];

/** Message rows in memory, with the conditions of `adapters/dynamo/messages.ts`. */
export function simulatedMessages(recorder: Recorder): Messages {
  const rows = new MessageRows(recorder);
  const openings = new Map<MessageId, string | undefined>();
  const waitingFor = (opening: ChannelOpening) =>
    rows.ids().filter((id) => rows.get(id)?.state === 'deferred' && openings.get(id) === openingId(opening));
  return {
    get: async (id) => rows.get(id),
    getAll: async (ids) => new Map(ids.flatMap((id) => rows.entry(id))),
    histories: async (ids) => Object.fromEntries([...new Set(ids)].flatMap((id) => rows.entry(id))),
    byProfile: async () => ({ ids: rows.ids().reverse() }),
    // Nobody resends a message in a simulation.
    reopen: async () => false,
    take: async (draft, owner, now, leaseUntil) =>
      moved(
        rows.enter(draft, 'sending', { status: 'sending', at: now, channel: draft.channel }, { owner, leaseUntil }),
      ),
    refuse: async (draft, state, reason, now, detail = reason) =>
      moved(rows.enter(draft, state, { status: state, at: now, channel: draft.channel, detail }, { reason })),
    hold: async (draft, _by, now) => {
      const entry = { status: 'held' as const, at: now, channel: draft.channel, detail: 'paused' };
      return moved(rows.enter(draft, 'held', entry, { reason: 'paused' }));
    },
    defer: async (draft, why, opening, now) => {
      const entry = { status: 'deferred' as const, at: now, channel: draft.channel, detail: why };
      const isDeferred = rows.enter(draft, 'deferred', entry, { reason: why });
      if (isDeferred) openings.set(draft.id, opening && openingId(opening));
      return moved(isDeferred);
    },
    deferredTo: async (opening) => ({ ids: waitingFor(opening) }),
    countDeferredTo: async (opening) => waitingFor(opening).length,
    sent: async (id, owner, now, channel, providerId) =>
      rows.leave(id, owner, { status: 'sent', at: now, channel }, { providerId }),
    release: async (id, owner, now, detail) =>
      rows.leave(id, owner, { status: 'released', at: now, ...(detail === undefined ? {} : { detail }) }),
    unknown: async (id, owner, now, detail) => moved(rows.leave(id, owner, { status: 'unknown', at: now, detail })),
    giveUp: async ({ id }, owner, state, reason, now) =>
      rows.leave(id, owner, { status: state, at: now, detail: reason }, { reason }),
    receive: async (id, receipt, entry) => {
      const before = rows.get(id)?.history ?? [];
      return rows.receive(id, receipt, entry) && { move: {}, before };
    },
  };
}

/** Nothing is counted in a simulation. */
const moved = (isWritten: boolean): Move | false => isWritten && {};

class MessageRows {
  readonly #rows = new Map<MessageId, Message>();
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  get(id: MessageId): Message | undefined {
    return this.#rows.get(id);
  }

  /** Returns the id with its row; empty if there is none. */
  entry(id: MessageId): [MessageId, Message][] {
    const row = this.#rows.get(id);
    return row === undefined ? [] : [[id, row]];
  }

  /** In the order in which they were first put. */
  ids(): MessageId[] {
    return [...this.#rows.keys()];
  }

  /** Succeeds only if there is no row, or one that may be taken again. */
  enter(draft: Draft, state: SendState, entry: HistoryEntry, more: Partial<Message> = {}): boolean {
    const before = this.#rows.get(draft.id);
    if (before !== undefined && before.state !== 'released' && !isWaiting(before)) return false;
    const at = before?.at ?? draft.at;
    const channel = draft.channel ?? before?.channel;
    const history = [...(before?.history ?? []), entry];
    return this.#put({ ...draft, channel, at, resends: [], history, ...more, state });
  }

  /** Succeeds only if `owner` has taken the row. The entry's status becomes its state. */
  leave(
    id: MessageId,
    owner: string,
    entry: HistoryEntry & { status: SendState },
    more: Partial<Message> = {},
  ): boolean {
    const row = this.#rows.get(id);
    if (row?.state !== 'sending' || row.owner !== owner) return false;
    const { owner: _owner, leaseUntil: _lease, ...rest } = row;
    return this.#put({ ...rest, history: [...row.history, entry], ...more, state: entry.status });
  }

  /** Adds a receipt. Returns false if it is known already. */
  receive(id: MessageId, receipt: Receipt, entry: Omit<HistoryEntry, 'status'>): boolean {
    const row = this.#rows.get(id);
    const isKnown = row?.history.some(
      ({ status, machine = false }) => status === receipt && machine === (entry.machine ?? false),
    );
    if (row === undefined || isKnown) return false;
    this.#rows.set(id, { ...row, history: [...row.history, { status: receipt, ...entry }] });
    return true;
  }

  #put(row: Message): true {
    this.#rows.set(row.id, row);
    this.#recorder.message(row);
    return true;
  }
}
