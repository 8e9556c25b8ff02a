import { kindOf, type Rendered } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { audienceOf } from '../../core/results/audience.ts';
import { localWeekHour } from '../../core/time/local.ts';
import { costOf } from '../campaigns/budget.ts';
import { traitsAt } from '../profiles/traits.ts';
import type { SendContext } from './send-context.ts';

type Recipient = Pick<SendContext, 'home' | 'snapshot'>;

/** The recipient's tags, segments and traits, as the gate has read them, for a message that is sent or refused. */
export function recipientFacts({ home, snapshot }: Recipient, now: EpochMs): Pick<MetricEvent, 'audience'> {
  const { activity, profile } = home;
  const { trait } = traitsAt(profile, activity, snapshot, now);
  return { audience: audienceOf(activity?.tags ?? {}, snapshot.settings.reportTraits, trait, now) };
}

/** The same for a message that is sent, with the hour of its recipient and its cost. */
export function sentFacts(
  recipient: Recipient,
  content: Rendered,
  now: EpochMs,
): Pick<MetricEvent, 'audience' | 'localHour' | 'cost'> {
  const { settings } = recipient.snapshot;
  return {
    ...recipientFacts(recipient, now),
    localHour: localWeekHour(now, recipient.home.profile?.timezone ?? settings.timezone),
    cost: costOf(settings, content.channel) * (kindOf(content.channel).billedUnits?.(content) ?? 1),
  };
}
