import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { Clock } from '../shared/clock.ts';

export interface StrandDeps {
  runs: Pick<RunStore, 'get' | 'strand'>;
  enrolments: Pick<Queue, 'send'>;
  clock: Clock;
}

/** `Step Functions Execution Status Change` as EventBridge delivers it. */
export interface ExecutionEnded {
  detail: { name: string; status: string };
}

/** After this the next leg is tried: whatever broke the execution has had time to pass. */
const PAUSE_MS = 60_000;

/** An execution failed or was aborted from outside: its run is parked, and its next leg rests where it rested. At least once, in any order. */
export async function strand(deps: StrandDeps, ended: ExecutionEnded): Promise<void> {
  const match = /^([a-z2-7]{26})-(\d+)$/.exec(ended.detail.name);
  const [, entry, leg] = match ?? [];
  if (entry === undefined) return;
  const run = await deps.runs.get(entry);
  if (run === undefined || run.leg !== Number(leg)) return;
  if (run.status === 'closed') {
    // Stopped by `tidy`: whoever closed the run tells of it.
    if (ended.detail.status === 'ABORTED' && run.reason !== 'ended') return;
    // The execution may have been lost between the run's end and its telling: the enrolment of its leg tells it again.
    return deps.enrolments.send([{ body: { entry, leg: run.leg } }]);
  }
  if (run.status !== 'open') return;
  // Refused: a straggler of that execution has just moved the run on, or it was closed.
  if (!(await deps.runs.strand(entry, run, deps.clock() + PAUSE_MS))) return strand(deps, ended);
  await deps.enrolments.send([{ body: { entry, leg: run.leg + 1 }, delaySeconds: PAUSE_MS / 1000 }]);
}
