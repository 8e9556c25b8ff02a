import { checkSubmission } from '../../core/campaigns/checks.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import { placedWindowsOf } from '../../core/campaigns/windows.ts';
import { campaigns, placedReferences } from '../../core/catalog/kinds/campaign.ts';
import { isNeverOpen } from '../../core/catalog/kinds/windows.ts';
import type { Reference } from '../../core/definitions/definition.ts';
import { KIND_NAMES } from '../../core/definitions/kind-names.ts';
import { type CheckDeps, checkView } from '../definitions/check.ts';
import { type PlanDeps, planCampaign } from './plan-campaign.ts';
import type { CheckedPlan } from './ports.ts';

/** What a condition asks for may be a trait that customers bring; a goal's figure is computed. */
const mayBeTrait = (path: string, { kind }: Reference): boolean =>
  kind === 'computed-traits' && path !== '/goal/computed';

/** Checks a definition and what it names for what cannot work (errors) and what is doubtful (warnings), and plans what it would do. */
export async function checkAndPlan(deps: CheckDeps & PlanDeps, id: string, campaign: Campaign): Promise<CheckedPlan> {
  const view = await checkView(deps, campaigns, campaign);
  return {
    errors: [
      ...checkSubmission(campaign, view, view.live.settings),
      ...placedReferences(campaign).flatMap(({ path, reference }) =>
        mayBeTrait(path, reference) || view.has(reference)
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
