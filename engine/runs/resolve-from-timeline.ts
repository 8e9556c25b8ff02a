import { earliestResolve, resolvedByTags } from '../../core/journeys/exit-and-resume.ts';
import type { Run, Way } from '../../core/runs/run.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { traitsAt } from '../profiles/traits.ts';
import type { RunDeps } from './deps.ts';
import type { PinnedJourney } from './journey-of-run.ts';
import { stopWindow, timelineOf } from './timeline.ts';

/** How the stop is left. */
export interface Resolution {
  way: Way;
  by: string;
  output?: unknown;
}

/** Although the timeout is claimed, an event that was committed before still wins: so this reads the history NOW. */
export async function resolveFromTimeline(
  deps: Pick<RunDeps, 'profiles' | 'catalog' | 'clock'>,
  run: Run,
  pinned: Pick<PinnedJourney, 'definition'>,
): Promise<Resolution> {
  const { home, events } = await timelineOf(deps.profiles, run.profile, stopWindow(pinned.definition, run));
  const { activity, snapshot } = await caughtUpNow(deps, home);
  const { trait } = traitsAt(home.profile, activity, snapshot, deps.clock());
  const match = earliestResolve(pinned.definition, run, events, trait);
  if (match !== undefined) return { way: match.way, by: match.event.id, output: match.output };
  // No timeline contains tag changes: as in `register-task-token`, the tag's present state shows whether it has changed.
  const tagged = resolvedByTags(pinned.definition, run, (tag) => activity?.tags[tag]?.since);
  return tagged === undefined ? { way: { kind: 'timeout' }, by: 'timeout' } : { way: tagged.way, by: 'tag' };
}
