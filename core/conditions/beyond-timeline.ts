import { TIMELINE_DAYS, TIMELINE_MS } from '../events/timeline.ts';
import { durationMs } from '../time/duration.ts';
import { type Leaf, predicateOf } from './predicates/registry.ts';
import { lengthOf } from './within.ts';

/** A rule keeps the features that it needs from its publication on; earlier events are only in the timeline. */
export const BEYOND_TIMELINE = `looks further back than ${TIMELINE_DAYS} days: of events from before this was defined, it sees those of the last ${TIMELINE_DAYS} days`;

/** Returns whether a window reaches further back than the timeline, as a window without a start does. */
export const isBeyondTimeline = (window: { within?: string }): boolean =>
  (lengthOf(window) ?? Number.POSITIVE_INFINITY) > TIMELINE_MS;

/**
 * Returns whether a condition may need events that the timeline no longer holds. A run is young, and fatigue is computed over days, so both are left
 * out.
 */
export function asksBeyondTimeline(leaf: Leaf): boolean {
  const looksAtEvents = (predicateOf(leaf).references(leaf).events ?? []).length > 0;
  if (!looksAtEvents || 'fatigued' in leaf || ('since' in leaf && leaf.since !== undefined)) return false;
  const last = 'last' in leaf ? leaf.last : undefined;
  // `olderThan` needs the newest event, however old it is; `newerThan` only needs a recent one.
  if (last?.newerThan !== undefined && last.olderThan === undefined) return durationMs(last.newerThan) > TIMELINE_MS;
  return isBeyondTimeline('within' in leaf ? leaf : {});
}
