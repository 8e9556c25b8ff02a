import { checkSubmission } from '../../core/campaigns/checks.ts';
import { nobodyIn, type Plan } from '../../core/campaigns/plan.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import { placedWindowsOf } from '../../core/campaigns/windows.ts';
import { campaigns, placedReferences } from '../../core/catalog/kinds/campaign.ts';
import { isNeverOpen } from '../../core/catalog/kinds/windows.ts';
import type { Issue } from '../../core/definitions/definition.ts';
import { KIND_NAMES } from '../../core/definitions/kind-names.ts';
import { type CheckDeps, checkView } from '../definitions/check.ts';
import { type PlanDeps, planCampaign } from './plan-campaign.ts';

interface Checked {
  errors: Issue[];
  warnings: Issue[];
}

/** What cannot work, and what is doubtful, by the definition and what it names. */
async function checkDefinition(deps: CheckDeps, id: string, campaign: Campaign): Promise<Checked> {
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
  };
}

/** `submit`: a campaign that cannot work is not planned. */
export async function checkCampaign(deps: CheckDeps & PlanDeps, id: string, campaign: Campaign): Promise<Checked> {
  const checked = await checkDefinition(deps, id, campaign);
  if (checked.errors.length > 0) return checked;
  const plan = await planCampaign(deps, id, campaign);
  return { errors: nobodyIn(plan, campaign), warnings: [...checked.warnings, ...plan.warnings] };
}

/** `plan`: what `submit` would refuse is among the warnings. */
export async function planAndCheck(deps: CheckDeps & PlanDeps, id: string, campaign: Campaign): Promise<Plan> {
  const { errors, warnings } = await checkDefinition(deps, id, campaign);
  const plan = await planCampaign(deps, id, campaign);
  return { ...plan, warnings: [...errors, ...warnings, ...plan.warnings] };
}
