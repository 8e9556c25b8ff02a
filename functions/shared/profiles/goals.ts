import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { matchesWhere } from '../../../core/conditions/match.ts';
import type { World } from '../../../core/conditions/world.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../../core/ids.ts';
import type { Journey } from '../../../core/journeys/schema.ts';
import { type Fact, goalReachedFact } from '../../../core/measuring/fact.ts';
import type { Activity } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { durationMs } from '../../../core/time/duration.ts';
import type { ProfileDeps } from './deps.ts';
import { traitsAt } from './traits.ts';

type GoalDeps = Pick<ProfileDeps, 'runs'>;

/** Runs of one journey and profile that a goal is looked for in. */
const MOST_RUNS = 50;

interface Input {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  fresh: CairnEvent[];
  snapshot: Snapshot;
  now: EpochMs;
}

/** Goals that these events reach, of runs that are open or have ended. They measure, and decide nothing. */
export async function goalsReached(deps: GoalDeps, input: Input): Promise<Fact[]> {
  const facts: Fact[] = [];
  const { trait } = traitsAt(input.profile, input.activity, input.snapshot, input.now);
  for (const { id, definition } of input.snapshot.journeys) {
    const events = input.fresh.filter((event) => isGoal(definition, event, trait));
    if (events.length === 0) continue;
    for (const run of await runsOf(deps, input, id)) {
      const reached = events.find((event) => isInTime(definition, run.at, event.at));
      if (reached !== undefined) facts.push(goalReachedFact(id, run.entry, reached.at));
    }
  }
  return facts;
}

function isGoal({ goal }: Journey, event: CairnEvent, trait: World['trait']): boolean {
  if (goal === undefined || goal.event !== event.name) return false;
  return matchesWhere(goal.where, event, { trait, data: {} });
}

function isInTime({ goal }: Journey, entered: EpochMs, at: EpochMs): boolean {
  const within = goal?.within === undefined ? Number.POSITIVE_INFINITY : durationMs(goal.within);
  return at >= entered && at - entered <= within;
}

/** The open ones, and of those that have ended the newest. */
async function runsOf(
  deps: GoalDeps,
  { key, activity }: Input,
  journey: string,
): Promise<{ entry: EntryId; at: EpochMs }[]> {
  const open = Object.values(activity.openRuns).filter((run) => run.journey === journey);
  const known = new Set(open.map(({ entry }) => entry));
  const { entries } = await deps.runs.byJourneyOf(journey, [key], { limit: MOST_RUNS });
  const ended = await Promise.all(entries.filter((entry) => !known.has(entry)).map((entry) => deps.runs.get(entry)));
  return [...open, ...ended.filter((run) => run !== undefined)];
}
