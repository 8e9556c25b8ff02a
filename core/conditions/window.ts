import type { EpochMs } from '../ids.ts';
import { constant, type Evaluation } from './evaluation.ts';
import type { Row } from './event-requirement.ts';
import type { Measure } from './measures.ts';

/** `(after, now]`; a sliding one is `length` ms long, a fixed one begins at an instant and loses nothing. */
export interface EventWindow {
  after: EpochMs;
  length?: number;
}

/**
 * Whether the figure of the rows (oldest first) in the window passes, and when that changes: as a window slides it loses its oldest
 * rows, one instant after the other, so that the figures to come are those of the newest rows alone.
 */
export function evaluateWindow(
  rows: readonly Row[],
  window: EventWindow,
  now: EpochMs,
  measure: Measure,
  passes: (figure: number | undefined) => boolean,
): Evaluation {
  const aggregation = measure.aggregate();
  /** The truth of ever more rows, from none on; `at` of the oldest among them. */
  const truths: { is: boolean; at: EpochMs }[] = [{ is: passes(aggregation.value()), at: Number.POSITIVE_INFINITY }];
  let ahead: EpochMs | undefined;
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index];
    if (row === undefined || row.at <= window.after) break;
    if (row.at > now) ahead = row.at;
    else {
      aggregation.add(row);
      if (rows[index - 1]?.at !== row.at) truths.push({ is: passes(aggregation.value()), at: row.at });
    }
  }
  const is = truths.at(-1)?.is ?? false;
  const leaves = window.length === undefined ? undefined : firstLoss(truths, is);
  const changesAt =
    leaves === undefined ? ahead : Math.min(leaves + (window.length ?? 0), ahead ?? Number.POSITIVE_INFINITY);
  // An event of the future can only come from clocks that differ; it may change nothing.
  if (ahead !== undefined) return { is, changesAt, early: true };
  return changesAt === undefined ? constant(is) : { is, changesAt };
}

/** Instant of the row with whose leaving the truth turns. */
function firstLoss(truths: readonly { is: boolean; at: EpochMs }[], is: boolean): EpochMs | undefined {
  for (let rows = truths.length - 1; rows > 0; rows -= 1) {
    if (truths[rows - 1]?.is !== is) return truths[rows]?.at;
  }
  return undefined;
}
