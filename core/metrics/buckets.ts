import type { Guardrail } from '../definitions/settings.ts';
import { campaignScope, journeyScope, scopeOf } from '../messages/source.ts';
import { utcDay } from '../time/utc-day.ts';
import { type CellClock, cellBuckets } from './cells.ts';
import { cohortBuckets } from './cohorts.ts';
import { INGESTION, ofHour } from './ingestion-hours.ts';
import { MOVES } from './message-events.ts';
import type { Dimensions, MetricEvent, Sum } from './metric-event.ts';
import { qualifierOf } from './qualifier.ts';
import { recordedCounter } from './recorded.ts';

/** The day's counter of an event: `sent`, `opened:machine`, `suppressed:daily-cap`, `left:suppressed:daily-cap`. */
export const counterOf = (event: Pick<MetricEvent, 'metric' | 'machine' | 'standing' | 'detail'>): string =>
  [event.metric, event.machine === true ? 'machine' : undefined, qualifierOf(event)]
    .filter((part) => part !== undefined)
    .join(':');

/** A campaign, its occurrence, and its variant there. */
function campaignScopes({ campaign, occurrence, variant }: Dimensions): string[] {
  if (campaign === undefined) return [];
  return [
    campaignScope(campaign),
    ...(occurrence === undefined ? [] : [campaignScope(campaign, occurrence)]),
    ...(occurrence === undefined || variant === undefined ? [] : [campaignScope(campaign, occurrence, variant)]),
  ];
}

function messageScopes(dimensions: Dimensions): string[] {
  const { journey, node, channel, template } = dimensions;
  const own =
    journey === undefined ? [] : [journeyScope(journey), ...(node === undefined ? [] : [journeyScope(journey, node)])];
  return [
    ...own,
    ...campaignScopes(dimensions),
    ...(channel === undefined ? [] : [`channel:${channel}`]),
    ...(template === undefined ? [] : [`template:${template}`]),
  ];
}

/**
 * Scopes in which an event counts: `journey:<id>`, `journey:<id>:<node>`, `campaign:<id>`, `campaign:<id>:<occurrence>`,
 * `campaign:<id>:<occurrence>:<variant>`, `channel:<channel>`, `template:<id>`, `ingestion`.
 */
export function scopesOf({ of, metric, dimensions }: MetricEvent): string[] {
  const { journey = '', node, area } = dimensions;
  switch (of) {
    case 'message':
      return MOVES.has(metric) ? campaignScopes(dimensions) : messageScopes(dimensions);
    case 'run':
      return [journeyScope(journey)];
    case 'node':
      return [scopeOf('journey', journey, node)];
    // Only the lake has these; what an order brought to a campaign or journey is counted as `revenue`.
    case 'order':
    case 'event':
      return [];
    case 'profile':
      return area === undefined ? [] : [area];
  }
}

/** One counter of one scope and day; of cohorts, of one hour. */
export interface Bucket {
  scope: string;
  day: string;
  counter: string;
  expiresAt?: number;
  /** Absent: 1. */
  amount?: number;
  /** Only a counter of reports that was corrected late has it. */
  revisedAt?: number;
}

/** Counter of the minor units of a currency that a goal brought: `revenue:CNY`. */
export const revenueCounter = (currency: string): string => `revenue:${currency}`;

/** The counter of an event in each of its scopes, and the amount. */
function countedAs(event: MetricEvent): Pick<Bucket, 'counter' | 'amount'> {
  const { of, metric, currency, amount } = event;
  if (metric === 'revenue' && currency !== undefined && amount !== undefined)
    return { counter: revenueCounter(currency), amount };
  return { counter: of === 'message' ? recordedCounter(counterOf(event), event) : counterOf(event) };
}

/** Counters beside those of the days of scopes. */
export interface Counted {
  guardrails?: readonly Guardrail[];
  /** Absent: reports are not counted. */
  reports?: CellClock;
}

/** All counters that an event adds to: those of the day on which it happened, those of the cohorts that guardrails watch, those of reports. */
export function bucketsOf(event: MetricEvent, { guardrails = [], reports }: Counted = {}): Bucket[] {
  const as = countedAs(event);
  const days: Bucket[] = scopesOf(event).map((scope) => ({ scope, day: utcDay(event.at), ...as }));
  if (event.dimensions.area === INGESTION)
    return [...days, ...days.map((bucket) => ({ ...bucket, counter: ofHour(bucket.counter, event.at) }))];
  const cells = reports === undefined ? [] : cellBuckets(event, reports);
  return [...days, ...cohortBuckets(event, guardrails), ...cells];
}

/** Counters of one write: DynamoDB takes an expression of 4 KB and 300 operators. */
const MAX_COUNTERS = 100;

/** Parts of a sum, each of which is one write: facts of a whole day's hours, by reason, may come in one batch. */
export function writesOf({ counts, ...sum }: Sum): Sum[] {
  const counters = Object.entries(counts);
  return Array.from({ length: Math.ceil(counters.length / MAX_COUNTERS) }, (_, part) => ({
    ...sum,
    counts: Object.fromEntries(counters.slice(part * MAX_COUNTERS, (part + 1) * MAX_COUNTERS)),
  }));
}

/** One sum for each scope and day. */
export function sumUp(events: readonly MetricEvent[], before: readonly Sum[] = [], counted: Counted = {}): Sum[] {
  const sums = new Map<string, Sum>();
  const add = ({ scope, day, counter, expiresAt, revisedAt }: Bucket, times: number) => {
    const sum: Sum = sums.get(`${day} ${scope}`) ?? { scope, day, counts: {} };
    sum.counts[counter] = (sum.counts[counter] ?? 0) + times;
    if (expiresAt !== undefined) sum.expiresAt = Math.max(expiresAt, sum.expiresAt ?? 0);
    if (revisedAt !== undefined) sum.revisedAt = Math.max(revisedAt, sum.revisedAt ?? 0);
    sums.set(`${day} ${scope}`, sum);
  };
  for (const { counts, ...sum } of before)
    for (const [counter, times] of Object.entries(counts)) add({ ...sum, counter }, times);
  for (const bucket of events.flatMap((event) => bucketsOf(event, counted))) add(bucket, bucket.amount ?? 1);
  return [...sums.values()];
}
