import type { EpochMs } from '../ids.ts';
import { localDate, localTime } from '../time/local.ts';
import type { Dimensions, MetricEvent } from './metric-event.ts';

/**
 * Counters of reports, by the day on which a message was sent, in the settings' timezone: `report#<scope>` / `<day>#<dimensions>`, where the dimensions
 * are `channel=sms&variant=gift`, and a counter is `<metric>[:<detail>]@<hour>`. A fact counts on its message's day and hour, however late it comes.
 */
export const CELL_PREFIX = 'report#';

/** Scopes of reports, each with the dimensions that its cells keep apart. */
export const CELL_DIMENSIONS = {
  campaign: ['channel', 'template', 'variant', 'version', 'occurrence'],
  journey: ['channel', 'template', 'node', 'version', 'variant'],
  channel: ['template'],
  template: ['channel'],
} as const satisfies Record<string, readonly (keyof Dimensions)[]>;
export type ReportScope = keyof typeof CELL_DIMENSIONS;
export const REPORT_SCOPES = Object.keys(CELL_DIMENSIONS) as ReportScope[]; // the table's own keys

export const cellScope = (scope: ReportScope, id: string): string => `${CELL_PREFIX}${scope}:${id}`;
/** Everything that was sent, by channel: what has no channel, since it was refused before, is in no channel's report. */
export const ALL_CELLS = `${CELL_PREFIX}all`;

/** A fact that is counted more than this after its message was sent corrects a day that may have been reported: its report says so. */
export const REVISION_MS = 72 * 3_600_000;

/** Reports count by the clocks of this timezone. `now`: when it is counted. */
export interface CellClock {
  timezone: string;
  now: EpochMs;
}

/** An addition to one counter of a cell. */
export interface CellBucket {
  scope: string;
  day: string;
  counter: string;
  amount: number;
  revisedAt?: EpochMs;
}

/** All counters of reports that a fact adds to. */
export function cellBuckets(event: MetricEvent, { timezone, now }: CellClock): CellBucket[] {
  const counts = cellCounts(event);
  if (counts.length === 0) return [];
  const at = cellInstant(event);
  const hour = localTime(at, timezone).slice(0, 2);
  const day = localDate(at, timezone);
  const revised = now - at > REVISION_MS ? { revisedAt: now } : {};
  return cellsOf(day, event.dimensions).flatMap((place) =>
    counts.map(([counter, amount]) => ({ ...place, counter: `${counter}@${hour}`, amount, ...revised })),
  );
}

/** The cells of what has these dimensions: of each of its scopes, and of everything. */
export function cellsOf(day: string, dimensions: Dimensions): { scope: string; day: string }[] {
  const cells = REPORT_SCOPES.flatMap((scope) => {
    const id = dimensions[scope];
    return id === undefined ? [] : [{ scope: cellScope(scope, id), of: CELL_DIMENSIONS[scope] }];
  });
  return [...cells, { scope: ALL_CELLS, of: ['channel'] as const }].map(({ scope, of }) => ({
    scope,
    day: `${day}#${pairsOf(of.map((name) => [name, dimensions[name]]))}`,
  }));
}

/** Messages that were never sent belong to the day on which they were refused. */
const REFUSED = new Set(['suppressed', 'failed']);

/** The instant to whose day and hour a fact belongs. */
export const cellInstant = ({ metric, at, sentAt }: Pick<MetricEvent, 'metric' | 'at' | 'sentAt'>): EpochMs =>
  REFUSED.has(metric) ? at : (sentAt ?? at);

const COUNTED_AS_THEMSELVES = new Set([
  'settled',
  'unknown',
  'delivered',
  'unsubscribed',
  'complained',
  'bounced',
  'converted',
]);
/** The counters of a fact, without the hour, and what it adds to each. A click is an open, too: whichever comes first is counted. */
export function cellCounts(event: MetricEvent): [counter: string, by: number][] {
  const { of, metric, detail = '', machine, interest } = event;
  if (of === 'run') return metric === 'goal' ? [['converted', 1]] : revenueOf(event);
  if (of !== 'message') return [];
  const opened: [string, number][] = interest === 'again' ? [] : [['opened', 1]];
  switch (metric) {
    case 'sent':
      return [['sent', 1], ...(event.cost ? [['cost', event.cost] as [string, number]] : [])];
    case 'opened':
      return machine ? [['opened:machine', 1]] : opened;
    case 'clicked':
      return machine ? [['clicked:machine', 1]] : [...opened, ['clicked', 1]];
    case 'suppressed':
    case 'failed':
      return [[`${metric}:${detail}`, 1]];
    case 'left':
      // A receipt has settled it. Who sends a message again has no `sentAt`: it stays what it was, and its new sending counts anew.
      return event.standing === 'unknown' && event.sentAt !== undefined ? [['left:unknown', 1]] : [];
    case 'revenue':
      return revenueOf(event);
    default:
      return COUNTED_AS_THEMSELVES.has(metric) ? [[metric, 1]] : [];
  }
}

/** Revenue of an order of the goal, by its currency. */
const revenueOf = ({ metric, amount, currency = '' }: MetricEvent): [string, number][] =>
  metric === 'revenue' && amount !== undefined
    ? [
        [`revenue:${currency}`, amount],
        // A refund is no order.
        ...(amount < 0 ? [] : [[`orders:${currency}`, 1] as [string, number]]),
      ]
    : [];

const pairsOf = (dimensions: readonly (readonly [string, string | number | undefined])[]): string =>
  dimensions
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');

/** A cell as it was counted. */
export interface Cell {
  day: string;
  dimensions: Readonly<Partial<Record<keyof Dimensions, string>>>;
  /** `sent@09` → 12. */
  counts: Readonly<Record<string, number>>;
  revisedAt?: EpochMs | undefined;
}

/** The sort key of a cell. */
export const cellKey = ({ day, dimensions }: Pick<Cell, 'day' | 'dimensions'>): string =>
  `${day}#${pairsOf(Object.entries(dimensions))}`;

/** Reads the sort key of a cell. */
export function cellPlace(key: string): Pick<Cell, 'day' | 'dimensions'> {
  const [day = '', pairs = ''] = key.split('#');
  const dimensions = pairs.split('&').flatMap((pair) => {
    const [name = '', value] = pair.split('=');
    return value === undefined ? [] : [[name, decodeURIComponent(value)] as const];
  });
  return { day, dimensions: Object.fromEntries(dimensions) };
}
