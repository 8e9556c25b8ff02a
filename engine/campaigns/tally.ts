import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { revenueCounter } from '../../core/metrics/buckets.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Metrics } from '../metrics/ports.ts';
import type { Clock } from '../ports.ts';
import { type Outcomes, outcomesOf, variantOutcomesOf } from './outcomes.ts';

/** Counts of an occurrence's recipients by what has become of them: each is in exactly one. */
export interface MessageCounts extends Outcomes {
  /** Recipients who are in no other count. */
  waiting: number;
}

export interface VariantTally {
  name: string;
  recipients: number;
  sent: number;
  opened: number;
  clicked: number;
  converted: number;
  /** Revenue of the goal's orders in the settings' currency, in minor units. */
  revenue: number;
}

/** Counts of an occurrence, as they are now. */
export type Tally = (occurrence: Occurrence) => Promise<{ messages: MessageCounts; variants: VariantTally[] }>;

/** Reads the counters of the occurrence and its variants. */
export function tallyOf(metrics: Pick<Metrics, 'read'>, clock: Clock, catalog: Pick<CatalogStore, 'snapshot'>): Tally {
  return async (occurrence) => {
    const { campaign, id, at, rest = 0, winner, variants = [] } = occurrence;
    const now = clock();
    const { money } = (await catalog.snapshot()).snapshot.settings;
    const [outcomes, ...each] = await Promise.all([
      outcomesOf(metrics, campaign, id, at, now),
      ...variants.map(({ name }) =>
        variantOutcomesOf(metrics, { campaign, occurrence: id, variant: name }, at, now).then(
          ({ sent, opened, clicked, converted, revenue }) => ({
            sent,
            opened,
            clicked,
            converted,
            revenue: revenue[revenueCounter(money.currency)] ?? 0,
          }),
        ),
      ),
    ]);
    return {
      messages: messagesOf(occurrence, outcomes),
      variants: variants.map(({ name, recipients }, index) => ({
        ...NOTHING,
        name,
        recipients: recipients + (name === winner?.name ? rest : 0),
        ...each[index],
      })),
    };
  };
}

const NOTHING = { sent: 0, opened: 0, clicked: 0, converted: 0, revenue: 0 };

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, count) => all + count, 0);

/** Whoever was cancelled before the handover has no row and no counter: these are the people who are in no other count. */
function messagesOf({ counts, status }: Occurrence, outcomes: Outcomes): MessageCounts {
  const recipients = counts?.recipients ?? 0;
  const counted = (said: Outcomes) =>
    said.sent + said.unknown + said.deferred + said.held + sum(said.suppressed) + sum(said.failed);
  const said = capExcess(outcomes, counted(outcomes) - recipients);
  const left = recipients - counted(said);
  if (status !== 'cancelled' || left <= 0) return { waiting: Math.max(0, left), ...said };
  return {
    waiting: 0,
    ...said,
    suppressed: { ...said.suppressed, cancelled: (said.suppressed.cancelled ?? 0) + left },
  };
}

/** Counters are written one after the other: a message may for a moment be in two counts. It is in the later one. */
function capExcess(outcomes: Outcomes, tooMany: number): Outcomes {
  let excess = Math.max(0, tooMany);
  const less = (count: number): number => {
    const taken = Math.min(count, excess);
    excess -= taken;
    return count - taken;
  };
  return { ...outcomes, deferred: less(outcomes.deferred), held: less(outcomes.held), unknown: less(outcomes.unknown) };
}
