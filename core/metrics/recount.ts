import { type HistoryEntry, type Message, RESENT } from '../messages/message.ts';
import { movesOf } from '../messages/standing.ts';
import { sumUp } from './buckets.ts';
import { messageMetricEvents, moveEvents } from './message-events.ts';
import type { MetricEvent, Sum } from './metric-event.ts';
import { isFact, isOfRows, recordedDayOf, recordedOn } from './recorded.ts';

/** CloudWatch metric: by how much counters of messages differed from the rows in a recount. */
export const COUNTER_DRIFT = 'CounterDrift';

/** The part of a message's row that is counted. */
export type CountedRow = Pick<Message, 'source' | 'channel' | 'template' | 'reason' | 'history'>;
type Counts = Record<string, number>;

const ENDS = new Set(['suppressed', 'failed']);

/** The metric events that the writers of a row have published, or should have: what happened, and what that has moved the message from and to. */
export function factsOf(row: CountedRow): MetricEvent[] {
  const moves = movesOf(row.history, (index) => reasonAt(row, index));
  return row.history.flatMap((entry, index) => {
    const { from, to } = moves[index] ?? {};
    // That it was sent is a fact of its own; a move counts when it is written.
    const move = entry.status === 'sent' ? { from } : { from, to };
    return [...factOf(row, entry, index), ...moveEvents(row, move, entry.recordedAt ?? entry.at)];
  });
}

function factOf(row: CountedRow, { status, at, machine, recordedAt, channel }: HistoryEntry, index: number) {
  if (!isFact(status)) return [];
  const { source, template } = row;
  const of = { source, template, channel, history: row.history.slice(0, index) };
  const what = {
    metric: status,
    ...(ENDS.has(status) ? { detail: reasonAt(row, index) } : {}),
    ...(machine ? { machine } : {}),
    ...(recordedAt === undefined ? {} : { recordedAt }),
  };
  return status === 'sent' ? messageMetricEvents(of, what, at, at) : messageMetricEvents(of, what, at);
}

/** Rows of before have no reason beside a text. That of the row is the entry's until a person resends the message. */
function reasonAt({ reason, history }: CountedRow, index: number): string | undefined {
  const entry = history[index];
  const isResent = history.slice(index + 1).some(({ status }) => status === RESENT || ENDS.has(status));
  return entry?.reason ?? (isResent ? undefined : reason) ?? entry?.detail;
}

/** Sums up what rows recorded on a day: the counters must hold that. */
export const tallyOf = (rows: readonly CountedRow[], day: string): Sum[] =>
  sumUp(rows.flatMap(factsOf).filter((fact) => recordedOn(fact) === day));

/** The amounts by which the counters of an item are too low, and too high. */
export interface Drift {
  missing: Counts;
  excess: Counts;
}

/** Compares what was recorded on a day: `tally` by the rows, `stored` as it was counted. */
export function driftOf({ scope, day, counts: tally }: Sum, stored: Readonly<Counts>, recorded: string): Drift {
  const drift: Drift = { missing: {}, excess: {} };
  const counters = Object.keys(stored).filter(
    (counter) => isOfRows(scope, counter) && recordedDayOf(counter, day) === recorded,
  );
  for (const counter of new Set([...Object.keys(tally), ...counters])) {
    const more = (tally[counter] ?? 0) - (stored[counter] ?? 0);
    if (more > 0) drift.missing[counter] = more;
    if (more < 0) drift.excess[counter] = -more;
  }
  return drift;
}

export const total = (counts: Readonly<Counts>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
