import { type HistoryEntry, type Message, RECEIPTS, RESENT, type SendState } from './message.ts';

export const STANDINGS = ['sent', 'unknown', 'deferred', 'held', 'suppressed', 'failed'] as const;

/** What a message counts as among those of its occurrence. Undefined: as none of them, it is on its way. */
export interface Standing {
  as: (typeof STANDINGS)[number];
  /** Only of what was suppressed or has failed: why. */
  reason?: string;
}

export const isSameStanding = (one: Standing | undefined, other: Standing | undefined): boolean =>
  one?.as === other?.as && one?.reason === other?.reason;

export function standingOf({
  state,
  reason = '',
  heardAt,
}: Pick<Message, 'state' | 'reason' | 'heardAt'>): Standing | undefined {
  switch (state) {
    case 'sending':
    case 'released':
      return undefined;
    case 'suppressed':
    case 'failed':
      return { as: state, reason };
    // A receipt has settled it.
    case 'unknown':
      return { as: heardAt === undefined ? state : 'sent' };
    case 'sent':
    case 'held':
    case 'deferred':
      return { as: state };
  }
}

/** The standings from which, and to which, a conditional write has moved a message. */
export interface Move {
  from?: Standing | undefined;
  to?: Standing | undefined;
}

const isReceipt = (status: string): boolean => RECEIPTS.some((receipt) => receipt === status);

/** What the write of a receipt has found on the row, whatever came after it. */
export interface Heard {
  /** The first receipt settles a message that is unknown. */
  move: Move;
  /** The history before it. */
  before: HistoryEntry[];
}

export function heardOf(history: readonly HistoryEntry[], receipt: Pick<HistoryEntry, 'status' | 'machine'>): Heard {
  const own = history.findLastIndex(({ status, machine }) => status === receipt.status && machine === receipt.machine);
  const { from, to } = movesOf(history, () => undefined)[own] ?? {};
  return { move: isSameStanding(from, to) ? {} : { from, to }, before: history.slice(0, Math.max(own, 0)) };
}

/**
 * Returns the move of a message by each entry of its history, as its writer has found it. Every change of what a message counts as is an entry of its
 * own, so that a move whose event was lost is read from the row. `reasonAt`: why the message ended at that entry.
 */
export function movesOf(history: readonly HistoryEntry[], reasonAt: (index: number) => string | undefined): Move[] {
  let from: Standing | undefined;
  let isHeard = false;
  return history.map(({ status, at }, index) => {
    isHeard = status !== RESENT && (isHeard || isReceipt(status));
    const to = standingAt(status, { from, reason: reasonAt(index), heardAt: isHeard ? at : undefined });
    const move = { from, to };
    from = to;
    return move;
  });
}

function standingAt(
  status: string,
  { from, ...row }: { from: Standing | undefined } & Pick<Message, 'reason' | 'heardAt'>,
): Standing | undefined {
  if (isReceipt(status)) return from?.as === 'unknown' ? { as: 'sent' } : from;
  return status === RESENT ? undefined : standingOf({ state: status as SendState, ...row }); // all others are states
}
