import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { type CampaignStatus, statusOfCampaign } from '../../engine/campaigns/status.ts';
import type { CatalogStore } from '../../engine/definitions/ports.ts';
import { systemClock } from '../clock.ts';

/** Where published campaigns stand. */
export const campaignStatus = (
  tables: DynamoDBDocumentClient,
  table: string,
  catalog: Pick<CatalogStore, 'version'>,
): ((id: string) => Promise<CampaignStatus>) => {
  const deps = { occurrences: occurrenceStore(tables, table), catalog, clock: systemClock };
  return (id) => statusOfCampaign(deps, id);
};
