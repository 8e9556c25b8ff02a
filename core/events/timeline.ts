/** How long the timeline keeps events. */
export const TIMELINE_DAYS = 90;
export const TIMELINE_MS = TIMELINE_DAYS * 24 * 3600_000;

/**
 * A message id that leaves the activity is known for this long: an event may have lain for 14 days on its queue and for as long on its dead-letter
 * queue before it is redriven.
 */
export const IDS_MS = 30 * 24 * 3600_000;
