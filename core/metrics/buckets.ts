import type { EpochMs } from '../ids.ts';
import { journeyScope, scopeOf } from '../messages/source.ts';
import { INGESTION } from './ingestion-counters.ts';
import { ofHour } from './ingestion-hours.ts';
import type { Dimensions, MetricEvent, Sum } from './metric-event.ts';

const HOUR_MS = 3600_000;

/** Day in UTC. */
export const dayOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 10);

/** The day's counter of an event: `sent`, `opened:machine`, `suppressed:daily-cap`. */
export const counterOf = ({ metric, machine, detail }: MetricEvent): string =>
  [metric, ...(machine === true ? ['machine'] : []), ...(detail === undefined ? [] : [detail])].join(':');

/** Metrics of a cohort that guardrails read, with the letters of their counters, short because a day's item has one for each hour and is paid by its size. */
const COHORT = { sent: 's', opened: 'o', clicked: 'c', unsubscribed: 'u', complained: 'p', bounced: 'b' } as const;
type CohortMetric = keyof typeof COHORT;
export type Cohort = Record<CohortMetric, number>;

const isCohortMetric = (metric: string): metric is CohortMetric => Object.hasOwn(COHORT, metric);
const hourOf = (at: EpochMs): string => new Date(at).toISOString().slice(11, 13);
const hourCounter = (metric: CohortMetric, at: EpochMs): string => `${COHORT[metric]}${hourOf(at)}`;
const HOUR_COUNTER = /^[a-z]\d\d$/;
export const isHourCounter = (name: string): boolean => HOUR_COUNTER.test(name);

/** Scopes of a message that guardrails watch; reports by template need no hours. */
function watchedScopes({ journey, node, channel }: Dimensions): string[] {
  const own =
    journey === undefined ? [] : [journeyScope(journey), ...(node === undefined ? [] : [journeyScope(journey, node)])];
  return [...own, ...(channel === undefined ? [] : [`channel:${channel}`])];
}

/** Scopes in which an event counts: `journey:<id>`, `journey:<id>:<node>`, `channel:<channel>`, `template:<id>`, `ingestion`. */
export function scopesOf({ of, dimensions }: MetricEvent): string[] {
  const { journey = '', node, template, area } = dimensions;
  switch (of) {
    case 'message':
      return [...watchedScopes(dimensions), ...(template === undefined ? [] : [`template:${template}`])];
    case 'run':
      return [journeyScope(journey)];
    case 'node':
      return [scopeOf('journey', journey, node)];
    case 'profile':
      return area === undefined ? [] : [area];
  }
}

/** One counter of one scope and day. */
export interface Bucket {
  scope: string;
  day: string;
  counter: string;
}

/**
 * All counters that an event adds one to: that of the day on which it happened, and that of the hour in which its message was sent. Both are in one
 * item where it is one day, so that the hours cost no write of their own.
 */
export function bucketsOf(event: MetricEvent): Bucket[] {
  const { metric, machine, at, sentAt } = event;
  const days = scopesOf(event).map((scope) => ({ scope, day: dayOf(at), counter: counterOf(event) }));
  if (event.dimensions.area === INGESTION)
    return [...days, ...days.map((bucket) => ({ ...bucket, counter: ofHour(bucket.counter, at) }))];
  if (sentAt === undefined || machine === true || event.of !== 'message' || !isCohortMetric(metric)) return days;
  const counter = hourCounter(metric, sentAt);
  return [...days, ...watchedScopes(event.dimensions).map((scope) => ({ scope, day: dayOf(sentAt), counter }))];
}

/** One sum for each scope and day. */
export function sumUp(events: readonly MetricEvent[], before: readonly Sum[] = []): Sum[] {
  const sums = new Map<string, Sum>();
  const add = (scope: string, day: string, counter: string, times: number) => {
    const sum = sums.get(`${day} ${scope}`) ?? { scope, day, counts: {} };
    sum.counts[counter] = (sum.counts[counter] ?? 0) + times;
    sums.set(`${day} ${scope}`, sum);
  };
  for (const { scope, day, counts } of before)
    for (const [counter, times] of Object.entries(counts)) add(scope, day, counter, times);
  for (const { scope, day, counter } of events.flatMap(bucketsOf)) add(scope, day, counter, 1);
  return [...sums.values()];
}

/** Returns the receipts of the messages sent in (`from`, `to`], rounded out to whole hours. */
export function cohortOf(days: readonly Omit<Sum, 'scope'>[], from: EpochMs, to: EpochMs): Cohort {
  const cohort: Cohort = { sent: 0, opened: 0, clicked: 0, unsubscribed: 0, complained: 0, bounced: 0 };
  const byDay = new Map(days.map(({ day, counts }) => [day, counts]));
  for (let hour = Math.floor(from / HOUR_MS) * HOUR_MS; hour < to; hour += HOUR_MS) {
    const counts = byDay.get(dayOf(hour)) ?? {};
    for (const metric of Object.keys(COHORT) as CohortMetric[])
      cohort[metric] += counts[hourCounter(metric, hour)] ?? 0;
  }
  return cohort;
}
