import { migrationOf, type Stay } from '../../core/runs/migration.ts';
import type { Run } from '../../core/runs/run.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Cursor } from '../ports.ts';
import type { RunStore } from '../runs/ports.ts';

export interface MigrationDeps {
  runs: Pick<RunStore, 'getAll' | 'byJourney'>;
  catalog: Pick<CatalogStore, 'version'>;
}

/** From one version of a journey to a newer one. */
export interface MigrationOfJourney {
  journey: string;
  from: number;
  to: number;
  map?: Record<string, string> | undefined;
}

interface Found {
  run: Run;
  found: { node: string } | { stays: Stay };
}

/** One page of the runs of the old version that have not ended, and what becomes of each. */
export async function restingRuns(
  { runs, catalog }: MigrationDeps,
  { journey, from, to, map }: MigrationOfJourney,
  page: { limit: number; cursor?: Cursor | undefined },
): Promise<{ runs: Found[]; next?: Cursor | undefined }> {
  const { entries, next } = await runs.byJourney(journey, {
    limit: page.limit,
    ...(page.cursor && { cursor: page.cursor }),
  });
  const [before, after] = await Promise.all([from, to].map((n) => catalog.version('journeys', journey, n)));
  if (before === undefined || after === undefined) throw new Error(`${journey} has lost version ${from} or ${to}`);
  const versions = { from: before.definition, to: after.definition, map };
  const open = (await runs.getAll(entries)).filter((run) => run.version === from && run.status !== 'closed');
  return { runs: open.map((run) => ({ run, found: migrationOf(run, versions) })), next };
}

/** Runs in a page of a count, and how long it goes on: a call of the API is answered within 30 s. */
const PAGE = 500;
const MAX_MS = 10_000;

export interface MigrationCounts {
  /** Runs of the old version that have not ended. */
  runs: number;
  /** Those that would move, by the node at which they rest. */
  movable: Record<string, number>;
  stays: Partial<Record<Stay, number>>;
  /** Whether all runs were looked at. */
  isComplete: boolean;
}

/** Counts the runs that a migration would move now. If there are very many, it counts those that it comes to in time. */
export async function countMigration(deps: MigrationDeps, asked: MigrationOfJourney): Promise<MigrationCounts> {
  const began = performance.now();
  const counts: MigrationCounts = { runs: 0, movable: {}, stays: {}, isComplete: false };
  let cursor: Cursor | undefined;
  do {
    const page = await restingRuns(deps, asked, { limit: PAGE, cursor });
    for (const { run, found } of page.runs) count(counts, run, found);
    cursor = page.next;
  } while (cursor !== undefined && performance.now() - began < MAX_MS);
  return { ...counts, isComplete: cursor === undefined };
}

function count(counts: MigrationCounts, { node = '' }: Run, found: Found['found']): void {
  counts.runs += 1;
  if ('stays' in found) counts.stays[found.stays] = (counts.stays[found.stays] ?? 0) + 1;
  else counts.movable[node] = (counts.movable[node] ?? 0) + 1;
}
