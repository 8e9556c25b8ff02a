import { checkSubmission } from '../../core/campaigns/checks.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import { placedWindowsOf } from '../../core/campaigns/windows.ts';
import { campaigns, placedReferences } from '../../core/catalog/kinds/campaign.ts';
import { isNeverOpen } from '../../core/catalog/kinds/windows.ts';
import { KIND_NAMES } from '../../core/definitions/kind-names.ts';
import { type CheckDeps, checkView } from '../definitions/check.ts';
import { type PlanDeps, planCampaign } from './plan-campaign.ts';
import type { CheckedPlan } from './ports.ts';

/** Checks a definition and what it names for what cannot work (errors) and what is doubtful (warnings), and plans what it would do. */
export async function checkAndPlan(deps: CheckDeps & PlanDeps, id: string, campaign: Campaign): Promise<CheckedPlan> {
  const view = await checkView(deps, campaigns, campaign);
  return {
    errors: [
      ...checkSubmission(campaign, view, view.live.settings),
      ...placedReferences(campaign).flatMap(({ path, reference }) =>
        reference.kind === 'computed-traits' || view.has(reference)
          ? []
          : [{ path, message: `there is no ${KIND_NAMES[reference.kind].text} ${reference.id}` }],
      ),
      ...placedWindowsOf(campaign).flatMap(({ path, window }) =>
        isNeverOpen(window, [], view) ? [{ path, message: 'never opens: its calendar closes all its days' }] : [],
      ),
    ],
    warnings: campaigns.check(id, campaign, view).warnings,
    plan: await planCampaign(deps, id, campaign),
  };
}
