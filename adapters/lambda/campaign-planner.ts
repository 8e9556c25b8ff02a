import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { CampaignPlanner, CheckedPlan } from '../../engine/campaigns/ports.ts';
import { invoke } from './invoke.ts';

/** Plans a campaign in the function `plan-campaign`, which has all that evaluating, gating and rendering need. */
export const campaignPlanner =
  (client: LambdaClient, functionName: string): CampaignPlanner =>
  async (id, campaign) =>
    (await invoke(client, functionName, { id, campaign })) as CheckedPlan; // as that function of the same deployment returns it
