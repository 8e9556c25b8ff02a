import { kindOf, type Rendered } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { audienceOf } from '../../core/results/audience.ts';
import { localWeekHour } from '../../core/time/local.ts';
import { costOf } from '../campaigns/budget.ts';
import { traitsAt } from '../profiles/traits.ts';
import type { SendContext } from './send-context.ts';

type Judged = Pick<SendContext, 'home' | 'snapshot'>;

/** What the recipient is, as the gate has read it; of a message that is sent or refused. */
export function recipientFacts({ home, snapshot }: Judged, now: EpochMs): Pick<MetricEvent, 'audience'> {
  const { activity, profile } = home;
  const { trait } = traitsAt(profile, activity, snapshot, now);
  return { audience: audienceOf(activity?.tags ?? {}, snapshot.settings.reportTraits, trait, now) };
}

/** The same of a message that is sent, with the hour of its recipient and what it costs. */
export function sentFacts(
  judged: Judged,
  content: Rendered,
  now: EpochMs,
): Pick<MetricEvent, 'audience' | 'localHour' | 'cost'> {
  const { settings } = judged.snapshot;
  return {
    ...recipientFacts(judged, now),
    localHour: localWeekHour(now, judged.home.profile?.timezone ?? settings.timezone),
    cost: costOf(settings, content.channel) * (kindOf(content.channel).billedUnits?.(content) ?? 1),
  };
}
