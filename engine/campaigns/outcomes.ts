import type { EpochMs } from '../../core/ids.ts';
import { campaignScope } from '../../core/messages/source.ts';
import { revenueCounter } from '../../core/metrics/buckets.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { Metrics } from '../metrics/ports.ts';
import { type Counts, sumOf } from '../metrics/sum.ts';

/** Messages of an occurrence that have ended or wait, each counted as one of these. */
export interface Outcomes {
  sent: number;
  /** Numbers by reason, as those of `failed` are. */
  suppressed: Record<string, number>;
  failed: Record<string, number>;
  unknown: number;
  deferred: number;
  held: number;
}

/** Messages of a variant. `sent` are those that were sent in the end; what they did counts each message once. */
export interface VariantOutcomes extends Outcomes {
  delivered: number;
  opened: number;
  clicked: number;
  unsubscribed: number;
  complained: number;
  bounced: number;
  converted: number;
  /** Minor units of the goal's orders, by currency: `revenue:CNY`. */
  revenue: Record<string, number>;
}

type Counters = Pick<Metrics, 'read'>;

/** Reads what has become of an occurrence's messages between two instants. Counters are seconds late; where some were lost, no number is below zero. */
export async function outcomesOf(
  metrics: Counters,
  campaign: string,
  occurrence: string,
  from: EpochMs,
  to: EpochMs,
): Promise<Outcomes> {
  return outcomesIn(await countsOf(metrics, campaignScope(campaign, occurrence), from, to));
}

/** Reads the same of one variant, and what its customers did. */
export async function variantOutcomesOf(
  metrics: Counters,
  of: { campaign: string; occurrence: string; variant: string },
  from: EpochMs,
  to: EpochMs,
): Promise<VariantOutcomes> {
  const counts = await countsOf(metrics, campaignScope(of.campaign, of.occurrence, of.variant), from, to);
  const {
    delivered = 0,
    opened = 0,
    clicked = 0,
    unsubscribed = 0,
    complained = 0,
    bounced = 0,
    converted = 0,
  } = counts;
  const revenue = Object.entries(counts).filter(([counter]) => counter.startsWith(revenueCounter('')));
  return {
    ...outcomesIn(counts),
    delivered,
    opened,
    clicked,
    unsubscribed,
    complained,
    bounced,
    converted,
    revenue: Object.fromEntries(revenue),
  };
}

const countsOf = async (metrics: Counters, scope: string, from: EpochMs, to: EpochMs): Promise<Counts> =>
  sumOf(await metrics.read(scope, utcDay(from), utcDay(to)));

/** A message that goes on from what it counted as is taken off there: `left:deferred`, `left:suppressed:daily-cap`. */
function outcomesIn(counts: Counts): Outcomes {
  const still = (standing: string, entered = counts[standing] ?? 0): number =>
    Math.max(0, entered - (counts[`left:${standing}`] ?? 0));
  const byReason = (state: string): Record<string, number> =>
    Object.fromEntries(
      Object.keys(counts).flatMap((counter) => {
        if (!counter.startsWith(`${state}:`)) return [];
        const count = still(counter);
        return count === 0 ? [] : [[counter.slice(state.length + 1), count] as const];
      }),
    );
  return {
    sent: still('sent', (counts.sent ?? 0) + (counts.settled ?? 0)),
    suppressed: byReason('suppressed'),
    failed: byReason('failed'),
    unknown: still('unknown'),
    deferred: still('deferred'),
    held: still('held'),
  };
}
