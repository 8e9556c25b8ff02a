import { isActive } from '../../core/campaigns/occurrence.ts';
import { nextOccurrence } from '../../core/campaigns/occurrence-times.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { definitionOf } from './begin-occurrence.ts';
import type { OccurrenceStore } from './ports.ts';

/** Where a published campaign stands. */
export type CampaignStatus = 'scheduled' | 'running' | 'resting' | 'done' | 'cancelled';

interface StatusDeps {
  occurrences: Pick<OccurrenceStore, 'armed' | 'list'>;
  catalog: Pick<CatalogStore, 'version'>;
  clock: Clock;
}

const LOOKED_AT = 20;

/** Of the occurrence that is under way, else of what is still to come, else of the last one. */
export async function statusOfCampaign(deps: StatusDeps, campaign: string): Promise<CampaignStatus> {
  const { items } = await deps.occurrences.list(campaign, { limit: LOOKED_AT });
  const active = items.find(isActive);
  if (active !== undefined) return active.status === 'resting' ? 'resting' : 'running';
  const armed = await deps.occurrences.armed(campaign);
  if (armed === undefined) return 'scheduled';
  const { at } = await definitionOf(deps, campaign, armed.version);
  if (at === 'trigger') return 'scheduled';
  if (at !== 'now' && nextOccurrence(at, Math.max(armed.at - 1, items[0]?.at ?? 0)) !== undefined) return 'scheduled';
  return items[0] === undefined ? 'scheduled' : items[0].status === 'cancelled' ? 'cancelled' : 'done';
}
