import type { Campaign } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Settings } from '../../core/definitions/settings.ts';
import { hashId } from '../../core/ids.ts';
import { campaignScope } from '../../core/messages/source.ts';
import { MILLIONTHS } from '../../core/results/returns.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { type ActDeps, finish } from '../guardrails/act.ts';
import type { Clock } from '../ports.ts';
import type { OccurrenceRef, OccurrenceStore } from './ports.ts';

/** Returns the cost of a message on a channel, in millionths; an SMS counts as one segment. */
export const costOf = ({ money }: Pick<Settings, 'money'>, channel: Channel): number =>
  Math.round((money.costs[channel] ?? 0) * MILLIONTHS);

/** Returns what may still be spent, in millionths; undefined: there is no budget. */
export const leftOf = ({ budget }: Pick<Campaign, 'budget'>, spent: number): number | undefined =>
  budget === undefined ? undefined : Math.round(budget.amount * MILLIONTHS) - spent;

export interface BudgetDeps {
  acting: ActDeps;
  occurrences: Pick<OccurrenceStore, 'change'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
}

/** The next message would exceed the budget: the campaign pauses with an alert, once. Whoever resumes it decides that this occurrence may cost more. */
export async function pauseForBudget(
  { acting, occurrences, catalog, clock }: BudgetDeps,
  of: OccurrenceRef,
  { budget, spent }: { budget: NonNullable<Campaign['budget']>; spent: number },
  snapshot: Snapshot,
): Promise<void> {
  const now = clock();
  const { pointer } = await catalog.snapshot({ since: now });
  const generation = pointer.generations?.[campaignScope(of.campaign)] ?? 0;
  const alert = await acting.alerts.raise({
    id: hashId('budget', of.campaign, of.id, generation),
    at: now,
    kind: 'campaign',
    scope: 'campaign',
    scopeId: of.campaign,
    metric: 'cost',
    value: spent / MILLIONTHS,
    threshold: budget.amount,
    did: 'paused',
    detail: `occurrence ${of.id} has reached its budget of ${budget.amount} ${budget.currency}`,
    generation,
  });
  if (alert.publishedAt === undefined) await finish(acting, alert, snapshot, now);
  // Somebody else may have paused it before, for another reason: then the budget is still to be asked about.
  const paused = await catalog.snapshot({ since: clock() });
  if (paused.pointer.campaigns?.[of.campaign]?.alert !== alert.id) return;
  await occurrences.change(of, (there) =>
    there.isBudgetReached === true ? undefined : { ...there, isBudgetReached: true },
  );
}
