import type { CairnEvent } from '../../../core/events/event.ts';
import { ruleTurnedEvent } from '../../../core/events/internal.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import type { Activity, Effect } from '../../../core/profiles/activity.ts';
import { changed } from '../apply-events.ts';
import type { ProfileDeps } from '../deps.ts';
import { touches, touchingNames } from '../open-runs.ts';

interface Joining {
  x: ProfileKey;
  into: ProfileKey;
  here: Activity;
  there: Activity;
  /** Open runs of both profiles. */
  open: Activity['openRuns'];
  tags: Activity['tags'];
  version: number;
  now: EpochMs;
}

/**
 * Events of one profile count for the runs of the other: an order by the anonymous visitor ends the cart journey of the user that the visitor
 * becomes. Tags that the merge changes end and resolve runs as usual; they start none.
 */
export async function touchedByMerge(deps: ProfileDeps, joining: Joining): Promise<Effect[]> {
  const { x, into, here, there, open, tags, version, now } = joining;
  const of = (side: Activity) =>
    Object.fromEntries(Object.entries(open).filter(([slot, run]) => side.openRuns[slot]?.entry === run.entry));
  const turns = (side: Activity) =>
    changed(side.tags, tags).map(({ id, on }) => ruleTurnedEvent(id, on, version, now, true));
  return [
    ...(await touchedBy(deps, of(there), turns(there), x, here)),
    ...(await touchedBy(deps, of(here), turns(here), into, there)),
  ];
}

/** Collects the runs that tag changes touch, and those that the events in the timeline of `other` since each run's start touch. */
async function touchedBy(
  deps: ProfileDeps,
  open: Activity['openRuns'],
  turns: CairnEvent[],
  other: ProfileKey,
  side: Activity,
): Promise<Effect[]> {
  const touched: Effect[] = [];
  for (const run of Object.values(open)) {
    const names = await touchingNames(deps, run);
    const isLooked = names.size > 0 && (side.lastAt ?? 0) >= run.at;
    const { events, places } = isLooked
      ? await deps.profiles.history(other, { from: run.at, names })
      : { events: [], places: new Map() };
    touched.push(...(await touches(deps, { [run.entry]: run }, [...events, ...turns], places)));
  }
  return touched;
}
