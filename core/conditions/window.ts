import type { EpochMs } from '../ids.ts';
import { constant, type Evaluation } from './evaluation.ts';
import type { Row } from './event-requirement.ts';
import type { Measure } from './measures.ts';

/** `(after, now]`. A sliding window is `length` ms long; a fixed one starts at an instant and loses no rows. */
export interface EventWindow {
  after: EpochMs;
  length?: number;
}

/**
 * Returns whether the aggregate of the rows (oldest first) in the window passes, and when that changes. A sliding window loses its oldest rows one
 * instant after another, so its future aggregates are those of the newest rows alone.
 */
export function evaluateWindow(
  rows: readonly Row[],
  window: EventWindow,
  now: EpochMs,
  measure: Measure,
  passes: (figure: number | undefined) => boolean,
): Evaluation {
  const aggregation = measure.aggregate();
  /** Truths of growing sets of rows, from none on; `at` is the instant of the oldest row in each. */
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
  // An event in the future can only come from clocks that differ; it may change nothing.
  if (ahead !== undefined) return { is, changesAt, early: true };
  return changesAt === undefined ? constant(is) : { is, changesAt };
}

/** Returns the instant of the row whose removal changes the truth. */
function firstLoss(truths: readonly { is: boolean; at: EpochMs }[], is: boolean): EpochMs | undefined {
  for (let rows = truths.length - 1; rows > 0; rows -= 1) {
    if (truths[rows - 1]?.is !== is) return truths[rows]?.at;
  }
  return undefined;
}
