import type { Issue } from '../../core/definitions/definition.ts';
import { mapFaults } from '../../core/runs/migration.ts';
import { invalid } from '../errors.ts';
import { countMigration, type MigrationCounts, type MigrationDeps } from '../jobs/migration-counts.ts';
import { migrateRuns as startJob } from '../jobs/start-job.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Verb, wrongState } from './lifecycle.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { requireHead } from './read-definition.ts';

export type MigrateDeps = LifecycleDeps & Pick<MigrationDeps, 'runs'>;

export interface Migration {
  from: number;
  to: number;
  map?: Record<string, string> | undefined;
}

type Asked = Omit<Verb<'journeys'>, 'deps' | 'of'> & { deps: MigrateDeps };

/** Starts the job that moves runs which rest to the live version, after the checks of `countRuns`. */
export async function migrateRuns(asked: Asked, migration: Migration): Promise<{ job: string }> {
  const { deps, id, caller, intent } = asked;
  const { movable, isComplete } = await countRuns(asked, migration);
  const total = isComplete ? Object.values(movable).reduce((sum, n) => sum + n, 0) : undefined;
  const job = await startJob(deps, { journey: id, ...migration }, { by: caller.sub, cause: intent, total });
  return { job: job.id };
}

/** Counts what `migrateRuns` would move. Throws a 422 where it cannot begin. */
export async function countRuns({ deps, id, headers }: Asked, migration: Migration): Promise<MigrationCounts> {
  const head = await requireHead(deps, 'journeys', id);
  requirePreconditions(headers, etagOf(head.rev));
  if (head.published === undefined) throw wrongState('Only runs of a published journey can be moved.');
  const live = head as typeof head & { published: number };
  const faults = versionFaults(live, migration);
  const errors = faults.length > 0 ? faults : await faultsOf(deps, id, migration);
  if (errors.length > 0) throw invalid('The runs cannot be moved so.', errors);
  return countMigration(deps, { journey: id, ...migration });
}

/** Only to the live version: an older one may have no state machine any more, and nobody moves on from the newest. */
function versionFaults(
  { published, archivedUpTo = 0 }: { published: number; archivedUpTo?: number },
  { from, to }: Migration,
): Issue[] {
  return [
    ...(to === published ? [] : [{ path: '/to', message: `must be the live version, ${published}` }]),
    ...(from < to ? [] : [{ path: '/from', message: 'must be an older version than to' }]),
    ...(from > archivedUpTo ? [] : [{ path: '/from', message: 'is an archived version, whose runs have ended' }]),
  ];
}

async function faultsOf({ definitions }: MigrateDeps, id: string, { from, to, map }: Migration): Promise<Issue[]> {
  const [before, after] = await Promise.all([from, to].map((n) => definitions.version('journeys', id, n)));
  if (before?.pins === undefined || after === undefined)
    return [{ path: '/from', message: 'is no version that was published' }];
  return mapFaults({ from: before.definition, to: after.definition, map });
}
