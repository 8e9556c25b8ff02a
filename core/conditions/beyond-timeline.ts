import { TIMELINE_DAYS, TIMELINE_MS } from '../events/timeline.ts';
import { durationMs } from '../time/duration.ts';
import { type Leaf, predicateOf } from './predicates/registry.ts';
import { lengthOf } from './within.ts';

/** A rule keeps what it needs from its coming on; what was before lies in the timeline alone. */
export const BEYOND_TIMELINE = `looks further back than the ${TIMELINE_DAYS} days of the timeline: of what was before this was defined, only these are seen`;

/** Whether a window reaches behind the timeline, as one without a beginning does. */
export const isBeyondTimeline = (window: { within?: string }): boolean =>
  (lengthOf(window) ?? Number.POSITIVE_INFINITY) > TIMELINE_MS;

/** Whether a question may need events that the timeline no longer holds. A run is young; what tires is computed in days, by settings. */
export function asksBeyondTimeline(leaf: Leaf): boolean {
  const looksAtEvents = (predicateOf(leaf).references(leaf).events ?? []).length > 0;
  if (!looksAtEvents || 'fatigued' in leaf || ('since' in leaf && leaf.since !== undefined)) return false;
  const last = 'last' in leaf ? leaf.last : undefined;
  // For an age there has to be one, however old; for a youth, only a young one.
  if (last?.newerThan !== undefined && last.olderThan === undefined) return durationMs(last.newerThan) > TIMELINE_MS;
  return isBeyondTimeline('within' in leaf ? leaf : {});
}
