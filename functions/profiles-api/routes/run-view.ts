import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { nextStepsOf } from '../../../core/runs/next-steps.ts';
import type { Run } from '../../../core/runs/run.ts';
import { iso } from '../../../core/time/instant.ts';
import { journeyOfRun } from '../../../engine/runs/journey-of-run.ts';
import type { Deps } from '../dependencies.ts';
import type { RunView } from './run-schema.ts';

/** A run of an archived journey does nothing more, even before it is closed, and is shown so. */
const isBarred = (run: Run, { archived }: Snapshot): boolean =>
  run.status !== 'closed' && run.version <= (archived[run.journey] ?? 0);

export const statusOfRun = (run: Run, snapshot: Snapshot): Run['status'] =>
  isBarred(run, snapshot) ? 'closed' : run.status;

export const outcomeOfRun = (run: Run, snapshot: Snapshot): string | undefined =>
  isBarred(run, snapshot) ? 'archived' : run.outcome;

export async function runView(
  deps: Pick<Deps, 'catalog'>,
  run: Run,
  profileId: string,
  snapshot: Snapshot,
): Promise<RunView> {
  const barred = isBarred(run, snapshot);
  const outcome = outcomeOfRun(run, snapshot);
  const reason = barred ? 'archived' : run.reason;
  const since = run.closedAt ?? run.leftAt ?? run.at;
  return {
    journey: run.journey,
    run: run.entry,
    profileId,
    version: run.version,
    ...(run.test === undefined ? {} : { test: true as const }),
    key: run.key,
    status: statusOfRun(run, snapshot),
    ...(run.node === undefined ? {} : { node: run.node }),
    since: iso(since),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    next: barred ? [] : await nextOf(deps, run),
    ...warningsOf(run),
  };
}

function warningsOf({ visits }: Run): Pick<RunView, 'warnings'> {
  const warnings = Object.entries(visits).flatMap(([node, { warning }]) =>
    warning === undefined ? [] : [{ node, message: warning }],
  );
  return warnings.length === 0 ? {} : { warnings };
}

async function nextOf(deps: Pick<Deps, 'catalog'>, run: Run): Promise<RunView['next']> {
  if (run.status === 'closed') return [];
  const { definition } = await journeyOfRun(deps, run);
  return nextStepsOf(run, definition).map(({ at, ...next }) => ({
    ...next,
    ...(at === undefined ? {} : { at: iso(at) }),
  }));
}
