import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { campaignScope, scopeOf } from '../../core/messages/source.ts';
import { dayOf } from '../../core/metrics/cohorts.ts';
import type { Metrics } from '../metrics/ports.ts';
import type { Clock } from '../ports.ts';

/** What has become of the recipients of an occurrence: each is in exactly one of them. */
export interface Messages {
  waiting: number;
  deferred: number;
  held: number;
  sent: number;
  suppressed: Record<string, number>;
  failed: Record<string, number>;
  unknown: number;
}

export interface VariantTally {
  name: string;
  recipients: number;
  sent: number;
  opened: number;
  clicked: number;
  converted: number;
  /** In minor units. */
  revenue: number;
}

/** Counts of an occurrence, as they are now. */
export type Tally = (occurrence: Occurrence) => Promise<{ messages: Messages; variants: VariantTally[] }>;

/** Reads the counters of the occurrence's scope; whoever is in none of them waits. What was cancelled before it was handed over has no counter. */
export function tallyOf(metrics: Pick<Metrics, 'read'>, clock: Clock): Tally {
  const read = async (scope: string, { at }: Occurrence): Promise<Counts> => {
    const days = await metrics.read(scope, dayOf(at), dayOf(clock()));
    const counts: Counts = {};
    for (const { counts: day } of days)
      for (const [name, count] of Object.entries(day)) counts[name] = (counts[name] ?? 0) + Number(count);
    return counts;
  };
  return async (occurrence) => {
    const scope = campaignScope(occurrence.campaign, occurrence.id);
    const { variants = [] } = occurrence;
    const [all = {}, ...each] = await Promise.all([
      read(scope, occurrence),
      ...variants.map(({ name }) =>
        read(scopeOf('campaign', occurrence.campaign, `${occurrence.id}:${name}`), occurrence),
      ),
    ]);
    return {
      messages: messagesOf(occurrence, all),
      variants: variants.map((variant, index) => variantTally(variant, each[index] ?? {})),
    };
  };
}

type Counts = Record<string, number>;

function messagesOf({ counts, status }: Occurrence, all: Counts): Messages {
  const now = (name: string) => Math.max(0, (all[name] ?? 0) - (all[`left:${name}`] ?? 0));
  const under = (name: string) =>
    Object.fromEntries(
      Object.keys(all)
        .filter((key) => key.startsWith(`${name}:`))
        .flatMap((key) => (now(key) > 0 ? [[key.slice(name.length + 1), now(key)]] : [])),
    );
  const [suppressed, failed] = [under('suppressed'), under('failed')];
  const said = { deferred: now('deferred'), held: now('held'), sent: now('sent'), unknown: now('unknown') };
  const sum = (counted: Counts) => Object.values(counted).reduce((total, count) => total + count, 0);
  const left = Math.max(0, (counts?.recipients ?? 0) - sum(said) - sum(suppressed) - sum(failed));
  if (status !== 'cancelled') return { waiting: left, ...said, suppressed, failed };
  const cancelled = (suppressed.cancelled ?? 0) + left;
  return { waiting: 0, ...said, suppressed: cancelled > 0 ? { ...suppressed, cancelled } : suppressed, failed };
}

const variantTally = ({ name, recipients }: { name: string; recipients: number }, counts: Counts): VariantTally => ({
  name,
  recipients,
  sent: Math.max(0, (counts.sent ?? 0) - (counts['left:sent'] ?? 0)),
  opened: counts.opened ?? 0,
  clicked: counts.clicked ?? 0,
  converted: counts.converted ?? 0,
  revenue: counts.revenue ?? 0,
});
