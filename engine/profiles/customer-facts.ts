import { reachesGoalOf } from '../../core/campaigns/conversions.ts';
import type { LiveCampaign, Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { OwnGoal } from '../../core/goals/own-goal.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { Activity, NewRun } from '../../core/profiles/activity.ts';
import {
  aimedFact,
  answerFacts,
  figureFacts,
  goalFacts,
  heldFact,
  orderFacts,
  taggedFact,
} from '../../core/results/customer-facts.ts';

/** Returns the facts of these events for reports, by the settings and goals that are live. It reads nothing. */
export function customerFacts(profile: ProfileKey, fresh: readonly CairnEvent[], snapshot: Snapshot): MetricEvent[] {
  const { settings, goals = [], computed } = snapshot;
  const asked = [...goals.map(({ definition }) => definition), ...ownGoals(snapshot)];
  const figures = computed.filter(({ id }) => asked.some((goal) => isFigureOf(goal, id)));
  return fresh.flatMap((event) => {
    if (event.name === undefined) return [];
    const by = { profile, event };
    return [
      ...orderFacts(by, settings.money),
      ...answerFacts(by, settings.surveys),
      ...goals.flatMap((goal) => goalFacts(by, goal)),
      ...figures.flatMap((figure) => figureFacts(by, figure)),
    ];
  });
}

const isFigureOf = (goal: object, computed: string): boolean => 'computed' in goal && goal.computed === computed;

/** Whether the campaign has a group to compare its recipients with. */
const holdsOut = ({ definition }: LiveCampaign, { holdout }: Snapshot['settings']): boolean =>
  (definition.holdout ?? 0) > 0 || holdout.share > 0;

/** Goals that live campaigns and journeys have. */
const ownGoals = ({ campaigns = [], journeys }: Pick<Snapshot, 'campaigns' | 'journeys'>): OwnGoal[] =>
  [...campaigns, ...journeys].flatMap(({ definition: { goal } }) => goal ?? []);

/** Events, and turns of tags, that are what a campaign with a control group is for. */
export function aimedFacts(
  profile: ProfileKey,
  events: readonly CairnEvent[],
  { settings, campaigns = [] }: Snapshot,
  trait: (name: string) => unknown,
): MetricEvent[] {
  const compared = campaigns.filter((campaign) => holdsOut(campaign, settings));
  return events.flatMap((event) =>
    compared
      .filter(({ definition }) => reachesGoalOf(definition, event, trait))
      .map(({ id }) => aimedFact({ profile, event }, id)),
  );
}

/** Which of these runs had the tag at their entry of whose holders the journey's goal asks a share. */
export const heldFacts = (
  profile: ProfileKey,
  entered: readonly NewRun[],
  { journeys }: Pick<Snapshot, 'journeys'>,
  tags: Activity['tags'],
): MetricEvent[] =>
  entered
    .filter(({ isTest }) => !isTest)
    .flatMap((run) => {
      const goal = journeys.find(({ id }) => id === run.journey)?.definition.goal;
      const from = goal !== undefined && 'tag' in goal ? goal.from : undefined;
      return from !== undefined && Object.hasOwn(tags, from.tag) ? [heldFact({ ...run, profile }, from.tag)] : [];
    });

/** Changes of the tags that goals ask for. */
export function tagFacts(
  profile: ProfileKey,
  changed: readonly { id: string; on: boolean }[],
  snapshot: Pick<Snapshot, 'goals' | 'campaigns' | 'journeys'>,
  { version, at }: { version: number; at: EpochMs },
): MetricEvent[] {
  if (changed.length === 0) return [];
  const asked = new Set([
    ...(snapshot.goals ?? []).flatMap(({ definition }) =>
      'tag' in definition ? [definition.tag, definition.from.tag] : [],
    ),
    ...ownGoals(snapshot).flatMap((goal) => ('tag' in goal && goal.from !== undefined ? [goal.from.tag] : [])),
  ]);
  return changed.filter(({ id }) => asked.has(id)).map((change) => taggedFact(profile, change, version, at));
}
