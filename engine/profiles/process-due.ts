import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { applyEvents } from './apply-events.ts';
import { isBehind } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { publishEnds } from './ended-runs.ts';
import { executeEffects } from './execute-effects.ts';
import { complete } from './merges/merge.ts';
import { dueMessage } from './outgoing.ts';

/** A message that arrives no more than this early is sent again with the remaining delay; `dispatch-due` handles a later `dueAt`. */
const EARLY_MS = 30_000;
/** Most difference between the clocks of two instances. */
const CLOCKS_MS = 1_000;

/** Processes a due profile: sliding tags, dates, a merge to complete, pending effects. `docs/protocols.md#due-profiles`. */
export async function processDueProfile(deps: ProfileDeps, { profile: key, at, touch }: DueMessage): Promise<void> {
  return retryOnConflict(
    async () => {
      const { activity, profile } = await deps.profiles.query(key);
      if (activity === undefined) return undefined;
      if (activity.mergedInto !== undefined) return activity.done ? undefined : complete(deps, key);
      const now = deps.clock();
      // A message about changed rules needs the rules of that instant, or later ones.
      const since = touch ? at + CLOCKS_MS : undefined;
      const { snapshot, pointer } = await deps.catalog.snapshot({ version: activity.snapshotOf, since });
      const isDue = activity.dueAt !== undefined && activity.dueAt <= now;
      const evaluates = isDue || (touch && isBehind(activity, snapshot));
      if (!evaluates) await early(deps, key, activity, now);
      else await executeEffects(deps, key, activity.pending, { isRepeat: true });
      // The runs that a live rule asks for may have ended before the rule was live, or by an executor with an older copy of the rules.
      const asked = Object.values(activity.openRuns).filter(({ journey }) => isEndWatched(snapshot, journey));
      if (evaluates || touch) await publishEnds(deps, key, asked, now);
      if (!evaluates) return undefined;
      const next = await applyEvents(deps, {
        key,
        before: profile,
        profile,
        activity,
        fresh: [],
        snapshot,
        pointer,
        isDue,
      });
      if (!(await deps.profiles.commitActivity(key, activity.version, next))) return CONFLICT;
      return executeEffects(deps, key, next.pending);
    },
    () => new Error(`${key} changed too often`),
  );
}

async function early(deps: ProfileDeps, key: string, activity: Activity, now: EpochMs): Promise<void> {
  await executeEffects(deps, key, activity.pending, { isRepeat: true });
  if (activity.dueAt !== undefined && activity.dueAt - now <= EARLY_MS) {
    await deps.due.send([dueMessage(key, activity.dueAt, now)]);
  }
}
