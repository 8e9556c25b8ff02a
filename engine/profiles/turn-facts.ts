import { ruleTurnedEvent } from '../../core/events/internal.ts';
import type { Effect } from '../../core/profiles/activity.ts';
import { aimedFacts, tagFacts } from './customer-facts.ts';
import type { ProfileDeps } from './deps.ts';
import { type GoalInput, goalsReached } from './goals.ts';
import { traitsAt } from './traits.ts';

/**
 * What changes of tags are to goals and reports, as an effect of their commit: an evaluation whose commit is refused may have turned tags that stay as they
 * were. (Events are in the timeline whoever commits them.)
 */
export async function turnFacts(
  deps: Pick<ProfileDeps, 'runs' | 'profiles'>,
  input: Omit<GoalInput, 'fresh' | 'turned'>,
  changed: readonly { id: string; on: boolean }[],
  version: number,
): Promise<Effect[]> {
  const { key, profile, activity, snapshot, now } = input;
  if (changed.length === 0) return [];
  const turned = changed.map(({ id, on }) => ruleTurnedEvent(id, on, version, now));
  const { trait } = traitsAt(profile, activity, snapshot, now);
  const journeys = snapshot.journeys.filter(({ definition: { goal } }) => goal !== undefined && 'tag' in goal);
  const metricEvents = [
    ...(await goalsReached(deps, { ...input, fresh: [], turned, snapshot: { ...snapshot, journeys } })),
    ...aimedFacts(key, turned, snapshot, trait),
    ...tagFacts(key, changed, snapshot, { version, at: now }),
  ];
  return metricEvents.length === 0 ? [] : [{ kind: 'report', metricEvents }];
}
