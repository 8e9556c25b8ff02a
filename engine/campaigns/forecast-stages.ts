import { pilotThreshold, smallestRanks } from '../../core/campaigns/draws.ts';
import { sameHourFrom } from '../../core/campaigns/due-instants.ts';
import { type Forecast, isLeaving } from '../../core/campaigns/plan.ts';
import { isInLocalTime } from '../../core/campaigns/schema.ts';
import { lastHandedOver, type Pace, type Turn } from '../../core/campaigns/sending-span.ts';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { AudienceMember } from './evaluate-member.ts';
import { type ForecastDeps, forecast, type Planned } from './forecast.ts';
import { isOfFirstStage } from './recipient-request.ts';

/** The recipients of a plan in the order in which they are handed over, one of `factor`. */
export interface PlannedRecipients {
  members: readonly AudienceMember[];
  /** Channels on which somebody's address is another recipient's. */
  without: Readonly<Record<string, readonly Channel[]>>;
  factor: number;
}

const CONCURRENCY = 16;

/**
 * Asks about each recipient when it is due: those who are not of a winner's sample once it is found. `timed`: what is known to be sent without a person's
 * `continue`; `lastAt`: when the last of them is handed over.
 */
export async function forecastStages(
  deps: ForecastDeps,
  planned: Planned,
  recipients: PlannedRecipients,
): Promise<{ forecasts: Forecast[]; timed: Forecast[]; lastAt?: EpochMs | undefined }> {
  const { campaign } = planned;
  const { members, factor } = recipients;
  const now = deps.clock();
  const pace: Pace = { perMinute: campaign.throttle?.perMinute, rates: planned.snapshot.settings.rates };
  const isFirst = firstStageOf(planned, recipients);
  const own = ({ line }: AudienceMember): EpochMs => Math.max(now, line.at ?? planned.at);
  const ask = (member: AudienceMember, due: EpochMs) =>
    forecast(deps, planned, { member, taken: recipients.without[member.line.p], due });

  const first = await mapWithConcurrency(CONCURRENCY, members, async (one) =>
    isFirst(one) || campaign.winner === undefined ? ask(one, own(one)) : undefined,
  );
  const sampled = first.flatMap((one) => one ?? []);
  // A sample is over once it has been through every instant, also those at which nobody of it is due, or nobody is sent to.
  const over =
    lastHandedOver(
      turnsOf(sampled, factor, () => true),
      pace,
    ) ?? planned.at;
  const found =
    members.reduce((most, one) => Math.max(most, own(one)), over) + durationMs(campaign.winner?.after ?? '0s');
  const rest = (one: AudienceMember) =>
    isInLocalTime(campaign) ? sameHourFrom(found, own(one)) : Math.max(found, own(one));
  const forecasts = await mapWithConcurrency(
    CONCURRENCY,
    members,
    async (one, index) => first[index] ?? ask(one, rest(one)),
  );
  const timed =
    campaign.pilot === undefined
      ? forecasts
      : forecasts.filter((_, index) => isFirst(members[index] as AudienceMember)); // as many as were asked about
  return { forecasts, timed, lastAt: lastHandedOver(turnsOf(timed, factor), pace) };
}

/** Who is of the pilot or the sample. */
function firstStageOf(
  { id, campaign }: Planned,
  { members, factor }: PlannedRecipients,
): (member: AudienceMember) => boolean {
  const size = Math.max(1, Math.round((campaign.pilot ?? 0) / factor));
  const pilotUpTo = pilotThreshold(smallestRanks([members.map(({ line }) => line.r)], size), size);
  return ({ line }) => isOfFirstStage({ occurrence: { campaign: id, pilotUpTo }, campaign }, line);
}

/** One turn for each instant, up to that of the last person who is counted. */
const turnsOf = (
  forecasts: readonly Forecast[],
  factor: number,
  isCounted: (one: Forecast) => boolean = isLeaving,
): Turn[] =>
  [...Map.groupBy(forecasts, ({ due }) => due)].flatMap(([due, group]): Turn[] => {
    const handedOver = (group.findLastIndex(isCounted) + 1) * factor;
    if (handedOver === 0) return [];
    const leaving = group.filter(isLeaving);
    const people = CHANNELS.map(
      (one) => [one, leaving.filter(({ channel }) => channel === one).length * factor] as const,
    );
    return [{ due, handedOver, people: new Map(people) }];
  });
