import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import type { EntryId } from '../../../core/ids.ts';
import { outlookOf } from '../../../core/runs/outlook.ts';
import type { Run } from '../../../core/runs/run.ts';
import { iso } from '../../../core/time/instant.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import { type FoundProfile, keysOf } from '../../shared/profiles/find-profile.ts';
import { journeyOfRun } from '../../shared/runs/journey-of-run.ts';
import type { Deps } from '../deps.ts';
import type { RunView } from './schema.ts';

/** Runs shown of one profile; older ones are in the journey's own list. */
const MOST_RUNS = 100;

/** A run of an archived journey that is not closed yet is barred all the same, and shown so. */
export async function runView(
  deps: Pick<Deps, 'catalog'>,
  run: Run,
  profileId: string,
  snapshot: Snapshot,
): Promise<RunView> {
  const barred = run.status !== 'closed' && run.version <= (snapshot.archived[run.journey] ?? 0);
  const outcome = barred ? 'archived' : run.outcome;
  const reason = barred ? 'archived' : run.reason;
  const since = run.closedAt ?? run.leftAt ?? run.at;
  return {
    journey: run.journey,
    run: run.entry,
    profileId,
    version: run.version,
    key: run.key,
    status: barred ? 'closed' : run.status,
    ...(run.node === undefined ? {} : { node: run.node }),
    since: iso(since),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    next: barred ? [] : await nextOf(deps, run),
  };
}

async function nextOf(deps: Pick<Deps, 'catalog'>, run: Run): Promise<RunView['next']> {
  if (run.status === 'closed') return [];
  const { definition } = await journeyOfRun(deps, run);
  return outlookOf(run, definition).map(({ at, ...next }) => ({
    ...next,
    ...(at === undefined ? {} : { at: iso(at) }),
  }));
}

/** A profile's runs, newest first: those under its keys, and those that a merge has just brought along. */
export async function runsOfProfile(deps: Deps, found: FoundProfile, snapshot: Snapshot): Promise<RunView[]> {
  const pages = await inParallel(4, await keysOf(deps, found), (profile) =>
    deps.runs.byProfile(profile, { limit: MOST_RUNS }),
  );
  const listed = Object.values(found.home.activity?.openRuns ?? {});
  const entries = new Set<EntryId>([...pages.flatMap((page) => page.entries), ...listed.map(({ entry }) => entry)]);
  const runs = await runsOf(deps, [...entries]);
  const newestFirst = runs.sort((a, b) => b.at - a.at || (a.entry < b.entry ? -1 : 1));
  return Promise.all(newestFirst.map((run) => runView(deps, run, found.id, snapshot)));
}

export async function runsOf(deps: Pick<Deps, 'runs'>, entries: EntryId[]): Promise<Run[]> {
  const runs = await inParallel(8, entries, (entry) => deps.runs.get(entry));
  return runs.filter((run) => run !== undefined);
}
