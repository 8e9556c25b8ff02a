import * as z from 'zod';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import type { EntryId } from '../../../core/ids.ts';
import { keyText } from '../../../core/key-text.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MAX_KEY_CHARACTERS } from '../../../core/limits.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import type { Run } from '../../../core/runs/run.ts';
import { type FoundProfile, keysOf, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { fill, PageQuerySchema, page, readCursor } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import { wholeNumber } from '../../../runtime/http/query.ts';
import type { Deps } from '../dependencies.ts';
import { profilesOfItems } from './profiles-of-items.ts';
import { RunCursorSchema } from './run-cursor.ts';
import { RunSchema, type RunView } from './run-schema.ts';
import { outcomeOfRun, runView, statusOfRun } from './run-view.ts';

/** Most runs of one profile; older ones are in the journey's own list. */
const MAX_RUNS = 100;

/** A profile's runs, newest first: those under its keys, and those that a merge has just brought along. `more` as in `keysOf`. */
export async function runsOfProfile(
  deps: Deps,
  found: FoundProfile,
  snapshot: Snapshot,
): Promise<{ runs: RunView[]; more: boolean }> {
  const { keys, more } = await keysOf(deps, found);
  const pages = await mapWithConcurrency(4, keys, (profile) => deps.runs.byProfile(profile, { limit: MAX_RUNS }));
  const listed = Object.values(found.home.activity?.openRuns ?? {});
  const entries = new Set<EntryId>([...pages.flatMap((page) => page.entries), ...listed.map(({ entry }) => entry)]);
  const runs = await runsOf(deps, [...entries]);
  const newestFirst = runs.sort((a, b) => b.at - a.at || (a.entry < b.entry ? -1 : 1));
  return { runs: await Promise.all(newestFirst.map((run) => runView(deps, run, found.id, snapshot))), more };
}

async function runsOf(deps: Pick<Deps, 'runs'>, entries: EntryId[]): Promise<Run[]> {
  const runs = await mapWithConcurrency(8, entries, (entry) => deps.runs.get(entry));
  return runs.filter((run) => run !== undefined);
}

/** `GET /v1/journeys/{id}/runs`. */
export const RunsQuerySchema = lazySchema(() =>
  PageQuerySchema.extend({
    profileId: TextIdSchema.optional(),
    status: RunSchema.unwrap().shape.status.optional(),
    node: DefinitionIdSchema.optional(),
    outcome: z.string().min(1).max(63).optional(),
    version: wholeNumber(1, 999_999).optional(),
    key: z
      .string()
      .max(MAX_KEY_CHARACTERS)
      .refine((text) => keyText(text) !== undefined, 'must be text')
      .optional()
      .describe('as `key` of the entry reads it: as text, trimmed, case-sensitive'),
  }),
);
type Asked = Omit<z.output<typeof RunsQuerySchema>, 'profileId'> & { journey: string };

const isAskedFor = (run: Run, { status, node, outcome, version, key }: Asked, snapshot: Snapshot): boolean =>
  (status === undefined || statusOfRun(run, snapshot) === status) &&
  (node === undefined || run.node === node) &&
  (outcome === undefined || outcomeOfRun(run, snapshot) === outcome) &&
  (version === undefined || run.version === version) &&
  (key === undefined || run.key === keyText(key));

/** The list to which a cursor belongs. */
const scopeOf = (path: string, { status, node, outcome, version, key }: Asked, profileId?: string): string =>
  `${path} ${JSON.stringify([status, node, outcome, version, key, profileId])}`;

/** A journey's runs. */
export async function runsOfJourney(deps: Deps, path: string, asked: Asked) {
  const scope = scopeOf(path, asked);
  const from = readCursor(scope, z.record(z.string(), z.unknown()), asked.cursor);
  const { snapshot } = await deps.catalog.snapshot();
  const found = await fill({ limit: asked.limit, from }, async (limit, cursor) => {
    const { entries, next } = await deps.runs.byJourney(asked.journey, { limit, cursor });
    const runs = await runsOf(deps, entries);
    return { items: runs.filter((run) => isAskedFor(run, asked, snapshot)), next };
  });
  const { ids, known } = await profilesOfItems(deps, found.items);
  const items = await mapWithConcurrency(8, [...found.items.entries()], ([index, run]) =>
    runView(deps, run, ids[index] ?? '', snapshot),
  );
  return { body: page(scope, items, found.next), known };
}

/** Runs of one customer, newest first, under all keys that the customer has had. */
export async function runsOfJourneyAndProfile(deps: Deps, path: string, asked: Asked & { profileId: string }) {
  const scope = scopeOf(path, asked, asked.profileId);
  const customer = await requireProfile(deps, asked.profileId);
  const { keys, more } = await keysOf(deps, customer);
  const { snapshot } = await deps.catalog.snapshot();
  const start = readCursor(scope, RunCursorSchema, asked.cursor);
  const found = await fill({ limit: asked.limit, from: start }, async (limit, cursor) => {
    const { entries, next } = await deps.runs.byJourneyOf(asked.journey, keys, { limit, cursor });
    const runs = await runsOf(deps, entries);
    return { items: runs.filter((run) => isAskedFor(run, asked, snapshot)), next };
  });
  const items = await mapWithConcurrency(8, found.items, (run) => runView(deps, run, customer.id, snapshot));
  const body = { ...page(scope, items, found.next), ...(more ? { more: true as const } : {}) };
  return { body, known: knownAddresses(customer.profile) };
}
