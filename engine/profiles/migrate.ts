import type { EpochMs } from '../../core/ids.ts';
import type { Effect } from '../../core/profiles/activity.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { migrationOf, type Versions } from '../../core/runs/migration.ts';
import type { Run } from '../../core/runs/run.ts';
import type { ProfileDeps } from './deps.ts';
import { type Outbox, stopExecutionOf } from './outgoing.ts';

/** Longer than the job's event may lie on a queue, and shorter than a superseded version keeps its state machines. */
const MOVABLE_MS = 30 * 24 * 3600_000;

type Migration = Omit<Extract<Effect, { kind: 'migrate' }>, 'kind'>;

/**
 * Moves a run that rests to a newer version: its next leg begins there (`docs/protocols.md#migrating-runs`). The profile looks for the events of both
 * versions by now. A run that does not rest stays as it is: a profile that lies still keeps this effect for months, and its run would be moved at its next
 * event, maybe to a version whose state machines are gone.
 */
export async function migrate(deps: ProfileDeps, migration: Migration, out: Outbox): Promise<void> {
  if (migration.at < deps.clock() - MOVABLE_MS) return;
  await retryOnConflict(
    () => attempt(deps, migration, out),
    () => new Error(`${migration.entry} changed too often`),
  );
}

async function attempt(
  deps: ProfileDeps,
  { entry, from, to, map }: Migration,
  out: Outbox,
): Promise<undefined | typeof CONFLICT> {
  const run = await deps.runs.get(entry);
  if (run === undefined || run.version !== from || (run.status !== 'open' && run.status !== 'parked')) return undefined;
  // An earlier executor may have died before it sent the next leg and the stop.
  if (run.migrating !== undefined && run.migrating.version >= to) return goOn(run, out);
  const versions = await versionsOf(deps, run, { to, map });
  const found = versions === undefined ? undefined : migrationOf(run, versions);
  if (found === undefined || 'stays' in found) return undefined;
  const { leg, step, status } = run;
  const now = deps.clock();
  const migrating = {
    version: to,
    node: found.node,
    ...(isCarriedOut(run, now) ? { isCarriedOut: true as const } : {}),
  };
  if (!(await deps.runs.migrate(entry, { leg, step, status, version: from }, migrating, now))) return CONFLICT;
  return goOn({ ...run, executionLost: run.executionLost || status === 'open' }, out);
}

/** Sends what a run that is parked on its way to another version still needs: its next leg, and the end of the execution that it was taken from. */
function goOn({ entry, leg, version, executionLost }: Run, out: Outbox): undefined {
  out.enrolments.push({ body: { entry, leg: leg + 1 } });
  if (executionLost) out.stopExecutions.push(stopExecutionOf(entry, leg, version));
}

/** Longer than a step is retried, and than a lost execution goes unnoticed; shorter than ids of events are looked up for. */
const SETTLED_MS = 7 * 24 * 3600_000;

/** Whether the run has rested for so long that its execution has surely done what the last plan asks for: it need not be done again. */
const isCarriedOut = ({ status, plan }: Run, now: EpochMs): boolean =>
  status === 'open' && plan !== undefined && plan.at < now - SETTLED_MS;

async function versionsOf(
  { catalog }: Pick<ProfileDeps, 'catalog'>,
  { journey, version }: Run,
  { to, map }: Pick<Migration, 'to' | 'map'>,
): Promise<Versions | undefined> {
  const [before, after] = await Promise.all([version, to].map((n) => catalog.version('journeys', journey, n)));
  return before && after && { from: before.definition, to: after.definition, map };
}
