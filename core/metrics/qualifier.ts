import type { MetricEvent } from './metric-event.ts';

/** Joins what follows the metric in the name of a counter: `daily-cap`, or `suppressed:daily-cap` for a message that left. */
export function qualifierOf({ standing, detail }: Pick<MetricEvent, 'standing' | 'detail'>): string | undefined {
  return standing === undefined || detail === undefined ? (standing ?? detail) : `${standing}:${detail}`;
}
