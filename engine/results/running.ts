import { pauseIn } from '../../core/catalog/pauses.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CampaignStatus } from '../campaigns/status.ts';
import type { CatalogStore } from '../definitions/ports.ts';

export interface RunningDeps {
  catalog: Pick<CatalogStore, 'snapshot'>;
  campaignStatus: (id: string) => Promise<CampaignStatus>;
}

export const RUNNING_STATUSES = ['running', 'paused', 'resting', 'scheduled'] as const;

export interface Running {
  kind: 'journey' | 'campaign';
  id: string;
  name: string;
  owner?: string;
  status: (typeof RUNNING_STATUSES)[number];
}

/** Campaigns whose occurrences an overview looks at. */
const MAX_CAMPAIGNS = 200;
const CONCURRENCY = 8;

/** Published journeys, and campaigns that send now or are going to. */
export async function running({ catalog, campaignStatus }: RunningDeps): Promise<Running[]> {
  const { snapshot, pointer } = await catalog.snapshot();
  const named = ({ name, owner }: { name: string; owner?: string | undefined }) => ({
    name,
    ...(owner === undefined ? {} : { owner }),
  });
  const journeys = snapshot.journeys.map(
    ({ id, definition }): Running => ({
      kind: 'journey',
      id,
      ...named(definition),
      status: pauseIn(pointer, { journey: id }) === undefined ? 'running' : 'paused',
    }),
  );
  const live = (snapshot.campaigns ?? []).slice(0, MAX_CAMPAIGNS);
  const campaigns = await mapWithConcurrency(CONCURRENCY, live, async ({ id, definition }): Promise<Running[]> => {
    const found = pauseIn(pointer, { campaign: id }) === undefined ? await campaignStatus(id) : 'paused';
    const status = RUNNING_STATUSES.find((one) => one === found);
    return status === undefined ? [] : [{ kind: 'campaign', id, ...named(definition), status }];
  });
  return [...campaigns.flat(), ...journeys];
}
