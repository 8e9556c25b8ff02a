import type { EvaluationContext } from '../../core/conditions/evaluation-context.ts';
import { timelineSource } from '../../core/conditions/event-source.ts';
import { restOf } from '../../core/journeys/followed-traits.ts';
import { withPendingTraits } from '../../core/journeys/pending-updates.ts';
import { liquidData } from '../../core/journeys/run-data.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { followedUntil, isOfTime, isOfTrait, type RestInstant, restUntil } from '../../core/journeys/wait-until.ts';
import type { Plan, Run } from '../../core/runs/run.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { factsOf } from '../profiles/evaluate-tags.ts';
import type { CurrentProfile } from '../profiles/ports.ts';
import type { TimelineProfiles } from './timeline.ts';

interface FollowDeps {
  profiles: TimelineProfiles;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
}

/**
 * Returns the new end of a rest if it differs from the plan: the stop waits for a date of the customer or for a local time, and the date or the
 * timezone has changed. An executor that changes the profile reads the run afterwards, and one that plans reads the profile once more: so at least
 * one of two concurrent ones sees the change. Also returns undefined while the profile is being merged: the merge's own commit checks its runs.
 */
export async function movedRest(
  deps: FollowDeps,
  run: Pick<Run, 'profile' | 'at' | 'leftAt' | 'data' | 'visits' | 'plan' | 'test'>,
  journey: Journey,
): Promise<RestInstant | undefined> {
  const { plan } = run;
  // A test rests for as long as it was asked to.
  if (plan?.next.kind !== 'stop' || run.test !== undefined) return undefined;
  const { node: id, until: planned } = plan.next;
  const node = journey.nodes[id];
  const rest = node && restOf(node);
  if (!isOfTrait(rest) && !isOfTime(rest)) return undefined;
  const home = await deps.profiles.home(run.profile);
  if (!isFolded(home)) return undefined;
  // `restUntil` reads only the walker's part of a run.
  const walk = { id, run: run as Run, at: plan.at, context: () => contextOf(deps, home, run.data, plan) };
  const found = await followedUntil(rest, planned, deps.clock(), walk);
  return 'until' in found && found.until === planned ? undefined : found;
}

/** Returns until when a run rests at a stop of another version, which it has reached when it left the stop before. */
export async function restInstant(
  deps: FollowDeps,
  run: Run,
  plan: Plan,
  id: string,
  { nodes }: Journey,
): Promise<RestInstant> {
  const node = nodes[id];
  const rest = node && restOf(node);
  if (rest === undefined) throw new Error(`no run rests at ${id}`);
  const context = async () => contextOf(deps, await deps.profiles.home(run.profile), run.data, plan);
  return restUntil(rest, { id, run, at: run.leftAt ?? run.at, context });
}

/** The context from which an instant is computed: the customer with what the run itself has set, and the run's data. */
async function contextOf(
  deps: FollowDeps,
  home: CurrentProfile,
  data: Run['data'],
  plan: Plan,
): Promise<EvaluationContext> {
  const { activity, snapshot } = await caughtUpNow(deps, home);
  const profile = withPendingTraits(home.profile, pendingTraitsOf(plan));
  return {
    ...factsOf(profile, activity, snapshot, deps.clock(), timelineSource([])),
    tag: () => ({ is: false }),
    segment: () => ({ is: false }),
    data: liquidData(data).data,
  };
}

/** Returns whether every merge under way has been committed, so that the traits are those of both profiles. */
const isFolded = ({ unfinishedMerges, activity }: Pick<CurrentProfile, 'unfinishedMerges' | 'activity'>): boolean =>
  unfinishedMerges.every((key) => activity?.mergedFrom.includes(key) === true);

/** Returns the traits that the run itself has set on its way to the stop. */
export function pendingTraitsOf(plan: Plan): NonNullable<Plan['pendingTraits']> {
  const set = plan.actions.flatMap((action) => (action.kind === 'update' && action.traits ? [action.traits] : []));
  return plan.pendingTraits ?? { at: plan.at, traits: Object.assign({}, ...set) as Record<string, unknown> };
}
