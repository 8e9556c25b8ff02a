import { nextOccurrence } from '../../core/campaigns/occurrence-times.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { newestActive } from './active-occurrences.ts';
import { definitionOf } from './begin-occurrence.ts';
import type { OccurrenceStore } from './ports.ts';

/** Where a published campaign stands. */
export type CampaignStatus = 'scheduled' | 'running' | 'resting' | 'done' | 'cancelled';

interface StatusDeps {
  occurrences: Pick<OccurrenceStore, 'active' | 'armed' | 'list'>;
  catalog: Pick<CatalogStore, 'version'>;
  clock: Clock;
}

/** Returns the status of the occurrence under way; without one, `scheduled` if another is to come, else the status of the last one. */
export async function statusOfCampaign(deps: StatusDeps, campaign: string): Promise<CampaignStatus> {
  const active = await newestActive(deps, campaign);
  if (active !== undefined) return active.status === 'resting' ? 'resting' : 'running';
  const [armed, { items }] = await Promise.all([
    deps.occurrences.armed(campaign),
    deps.occurrences.list(campaign, { limit: 1 }),
  ]);
  const last = items[0];
  if (armed === undefined) return 'scheduled';
  const { at } = await definitionOf(deps, campaign, armed.version);
  if (at === 'trigger') return 'scheduled';
  if (at !== 'now' && nextOccurrence(at, Math.max(armed.at - 1, last?.at ?? 0)) !== undefined) return 'scheduled';
  return last === undefined ? 'scheduled' : last.status === 'cancelled' ? 'cancelled' : 'done';
}
