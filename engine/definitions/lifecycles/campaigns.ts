import { checkSubmission, pastInstant } from '../../../core/campaigns/checks.ts';
import { placedWindowsOf } from '../../../core/campaigns/windows.ts';
import { campaigns, placedReferences } from '../../../core/catalog/kinds/campaign.ts';
import { isNeverOpen } from '../../../core/catalog/kinds/windows.ts';
import { KIND_NAMES } from '../../../core/definitions/kind-names.ts';
import { campaignScope } from '../../../core/messages/source.ts';
import { arm } from '../../campaigns/begin-occurrence.ts';
import { cancelAll, goOn } from '../../campaigns/control.ts';
import { invalid } from '../../errors.ts';
import { RESUMED_A_MINUTE } from '../../jobs/resume.ts';
import { releaseHeld } from '../../jobs/start-job.ts';
import { checkView } from '../check.ts';
import type { LifecycleKind } from './lifecycle-kind.ts';

/** Campaigns: publishing arms them, a pause stops handing over, archiving cancels what is under way. */
export const campaignLifecycle: LifecycleKind<'campaigns'> = {
  kind: campaigns,
  noun: 'campaign',
  pauseOf: (id) => ({ campaign: id }),
  async check(deps, id, campaign) {
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
    await goOn(deps, id);
    return releaseHeld(deps, campaignScope(id), terms);
  },
  async end(deps, id, upTo, by) {
    await cancelAll(deps, id);
    return releaseHeld(deps, campaignScope(id), { by, perMinute: RESUMED_A_MINUTE, cause: `archive ${upTo}` });
  },
};
