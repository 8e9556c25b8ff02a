import { tasksOf } from '../../core/journeys/nodes/task.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Run } from '../../core/runs/run.ts';
import type { TaskStore } from './ports.ts';

const CONCURRENCY = 8;

/** Returns whether a run that ends now may leave tasks open. */
export const hasTasks = (run: Pick<Run, 'visits'>): boolean =>
  Object.values(run.visits).some(({ tasks }) => tasks !== undefined);

/** Closes the tasks of a run that an exit, an archive or a merge closed. If the run reached its end, its tasks stay open. */
export async function closeTasks({ tasks }: { tasks: Pick<TaskStore, 'close'> }, run: Run): Promise<void> {
  const { status, reason, closedAt } = run;
  if (status !== 'closed' || reason === undefined || reason === 'ended') return;
  await mapWithConcurrency(CONCURRENCY, tasksOf(run), (id) => tasks.close(id, { reason, at: closedAt ?? run.at }));
}
