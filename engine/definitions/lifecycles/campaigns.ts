import { pastInstant } from '../../../core/campaigns/checks.ts';
import { emptyAudienceIssues } from '../../../core/campaigns/plan.ts';
import { campaigns } from '../../../core/catalog/kinds/campaign.ts';
import { campaignScope } from '../../../core/messages/source.ts';
import { arm } from '../../campaigns/begin-occurrence.ts';
import { cancelAll, resumeOccurrences } from '../../campaigns/control.ts';
import { invalid } from '../../errors.ts';
import { RESUMED_A_MINUTE } from '../../jobs/resume.ts';
import { releaseHeld } from '../../jobs/start-job.ts';
import type { CampaignLifecycleDeps } from '../deps.ts';
import type { LifecycleKind } from './lifecycle-kind.ts';

/** Campaigns: publishing arms them, a pause stops handing over, archiving cancels what is under way. */
export const campaignLifecycle: LifecycleKind<'campaigns', CampaignLifecycleDeps> = {
  kind: campaigns,
  noun: 'campaign',
  pauseOf: (id) => ({ campaign: id }),
  async check({ planCampaign }, id, campaign) {
    const { errors, warnings, plan } = await planCampaign(id, campaign);
    return {
      errors: errors.length > 0 ? errors : emptyAudienceIssues(plan, campaign),
      warnings: [...warnings, ...plan.warnings],
    };
  },
  pinnedBy: (campaign) =>
    campaigns.references(campaign).flatMap(({ kind, id }) => (kind === 'templates' ? [{ kind, id }] : [])),
  async prepare(deps, _id, _n, campaign) {
    const errors = pastInstant(campaign, deps.clock());
    if (errors.length > 0) throw invalid('The campaign cannot be sent.', errors);
  },
  async admit(deps, id, by) {
    const live = (await deps.rules.read()).snapshot.campaigns?.find((one) => one.id === id);
    if (live !== undefined) await arm(deps, live, by);
  },
  async release(deps, id, terms) {
    await resumeOccurrences(deps, id);
    return releaseHeld(deps, campaignScope(id), terms);
  },
  async end(deps, id, upTo, by) {
    await cancelAll(deps, id);
    return releaseHeld(deps, campaignScope(id), { by, perMinute: RESUMED_A_MINUTE, cause: `archive ${upTo}` });
  },
};
