import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { runEndedEvents, runInterruptedEvents } from '../../core/metrics/run-events.ts';
import type { Run } from '../../core/runs/run.ts';
import { closeTasks } from './close-tasks.ts';
import type { RunDeps } from './deps.ts';
import { publishRunEnded } from './finish-plan.ts';

/** Returns whether the run's version was archived: the run does nothing more, even before the archive job has reached its item. */
export const isArchived = (snapshot: Snapshot, run: Run): boolean =>
  run.version <= (snapshot.archived[run.journey] ?? 0);

export async function closeArchivedRun(deps: RunDeps, run: Run): Promise<void> {
  const at = deps.clock();
  const isClosed = await deps.runs.close(run.entry, 'archived', at);
  // The run may have started or moved on since it was read.
  const closed = await deps.runs.get(run.entry);
  if (closed?.reason !== 'archived') return;
  if (isClosed)
    await deps.metricEvents.publish([...runEndedEvents(closed, 'archived', at), ...runInterruptedEvents(closed, at)]);
  await closeTasks(deps, closed);
  await publishRunEnded(deps, closed, 'archived', at);
}
