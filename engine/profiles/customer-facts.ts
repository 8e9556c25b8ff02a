import { reachesGoalOf } from '../../core/campaigns/conversions.ts';
import type { LiveCampaign, Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import {
  aimedFact,
  answerFacts,
  figureFacts,
  goalFacts,
  orderFacts,
  taggedFact,
} from '../../core/results/customer-facts.ts';

/** Returns the facts of these events for reports, by the settings, goals and campaigns that are live. It reads nothing. */
export function customerFacts(
  profile: ProfileKey,
  fresh: readonly CairnEvent[],
  { settings, campaigns = [], goals = [], computed }: Snapshot,
  trait: (name: string) => unknown,
): MetricEvent[] {
  const figures = computed.filter(({ id }) => goals.some(({ definition: goal }) => isFigureOf(goal, id)));
  return fresh.flatMap((event) => {
    if (event.name === undefined) return [];
    const by = { profile, event };
    return [
      ...orderFacts(by, settings.money),
      ...answerFacts(by, settings.surveys),
      ...campaigns
        .filter((campaign) => holdsOut(campaign, settings) && reachesGoalOf(campaign.definition, event, trait))
        .map(({ id }) => aimedFact(by, id)),
      ...goals.flatMap((goal) => goalFacts(by, goal)),
      ...figures.flatMap((figure) => figureFacts(by, figure)),
    ];
  });
}

const isFigureOf = (goal: object, computed: string): boolean => 'computed' in goal && goal.computed === computed;

/** Whether the campaign has a group to compare its recipients with. */
const holdsOut = ({ definition }: LiveCampaign, { holdout }: Snapshot['settings']): boolean =>
  (definition.holdout ?? 0) > 0 || holdout.share > 0;

/** Changes of the tags that goals ask for. */
export function tagFacts(
  profile: ProfileKey,
  changed: readonly { id: string; on: boolean }[],
  { goals = [] }: Pick<Snapshot, 'goals'>,
  { version, at }: { version: number; at: EpochMs },
): MetricEvent[] {
  if (goals.length === 0) return [];
  const asked = new Set(
    goals.flatMap(({ definition }) => ('tag' in definition ? [definition.tag, definition.from.tag] : [])),
  );
  return changed.filter(({ id }) => asked.has(id)).map((change) => taggedFact(profile, change, version, at));
}
