import * as z from 'zod';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import type { EntryId } from '../../../core/ids.ts';
import type { Run } from '../../../core/runs/run.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import { fill, type PageQuery, page, readCursor } from '../../shared/http/cursor.ts';
import { type FoundProfile, idsOf, keysOf, requireProfile } from '../../shared/profiles/find-profile.ts';
import type { Deps } from '../deps.ts';
import { PlacesSchema } from '../places.ts';
import type { RunView } from './schema.ts';
import { runView } from './view.ts';

/** Runs shown of one profile; older ones are in the journey's own list. */
const MOST_RUNS = 100;

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

async function runsOf(deps: Pick<Deps, 'runs'>, entries: EntryId[]): Promise<Run[]> {
  const runs = await inParallel(8, entries, (entry) => deps.runs.get(entry));
  return runs.filter((run) => run !== undefined);
}

type Asked = PageQuery & { journey: string };

/** A journey's runs. `scope`: the list that its cursors belong to. */
export async function runsOfJourney(deps: Deps, scope: string, { journey, limit, cursor }: Asked) {
  const from = readCursor(scope, z.record(z.string(), z.unknown()), cursor);
  const found = await fill({ limit, from }, async (most, place) => {
    const { entries, next } = await deps.runs.byJourney(journey, { limit: most, cursor: place });
    return { items: await runsOf(deps, entries), next };
  });
  const { snapshot } = await deps.catalog.snapshot();
  const idOf = idsOf(deps);
  const items = await Promise.all(
    found.items.map(async (run) => runView(deps, run, await idOf(run.profile), snapshot)),
  );
  return page(scope, items, found.next);
}

/** Those of one customer, newest first, under all keys that the customer has had. */
export async function runsOfJourneyAndProfile(
  deps: Deps,
  path: string,
  { journey, profileId, limit, cursor }: Asked & { profileId: string },
) {
  const scope = `${path} ${profileId}`;
  const customer = await requireProfile(deps, profileId);
  const keys = await keysOf(deps, customer);
  const found = await fill({ limit, from: readCursor(scope, PlacesSchema, cursor) }, async (most, from) => {
    const { entries, next } = await deps.runs.byJourneyOf(journey, keys, { limit: most, cursor: from });
    return { items: await runsOf(deps, entries), next };
  });
  const { snapshot } = await deps.catalog.snapshot();
  const items = await Promise.all(found.items.map((run) => runView(deps, run, customer.id, snapshot)));
  return page(scope, items, found.next);
}
