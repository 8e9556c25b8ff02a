/** How long the timeline keeps events. */
export const TIMELINE_DAYS = 90;
export const TIMELINE_MS = TIMELINE_DAYS * 24 * 3600_000;
