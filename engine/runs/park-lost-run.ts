import type { EntryId } from '../../core/ids.ts';
import { RUN_PARKED } from '../../core/metrics/log-lines.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { RunStore } from './ports.ts';

export interface ParkLostRunDeps {
  runs: Pick<RunStore, 'get' | 'parkLost'>;
  enrolments: Pick<Queue, 'send'>;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** `Step Functions Execution Status Change` as EventBridge delivers it. */
export interface ExecutionEnded {
  detail: { name: string; status: string };
}

/** Delay before the next leg, so that the cause of the failure has time to pass. */
const PAUSE_MS = 60_000;

/** An execution failed or was aborted from outside: parks its run, whose next leg rests where it rested. At least once, in any order. */
export async function parkLostRun(deps: ParkLostRunDeps, ended: ExecutionEnded): Promise<void> {
  const match = /^([a-z2-7]{26})-(\d+)$/.exec(ended.detail.name);
  const [, entry, leg] = match ?? [];
  if (entry === undefined) return;
  await retryOnConflict(
    async () => {
      const isDone = await isSettled(deps, entry, Number(leg), ended.detail.status);
      return isDone ? undefined : CONFLICT;
    },
    () => new Error(`${entry} changed too often`),
  );
}

/** Returns false if a late step of that execution has just moved the run on, or closed it: read again. */
async function isSettled(deps: ParkLostRunDeps, entry: EntryId, leg: number, status: string): Promise<boolean> {
  const run = await deps.runs.get(entry);
  if (run === undefined || run.leg !== leg) return true;
  if (run.status === 'closed') {
    // `stop-executions` has stopped it: the executor that closed the run sends the event.
    const isStopped = status === 'ABORTED' && run.reason !== 'ended';
    // Otherwise the execution may have been lost between the run's end and its event: the enrolment of its leg sends it again.
    if (!isStopped) await deps.enrolments.send([{ body: { entry, leg } }]);
    return true;
  }
  if (run.status !== 'open') return true;
  if (!(await deps.runs.parkLost(entry, run, deps.clock() + PAUSE_MS))) return false;
  deps.log.warn(RUN_PARKED, { run: entry, leg, status, node: run.node });
  await deps.enrolments.send([{ body: { entry, leg: leg + 1 }, delaySeconds: PAUSE_MS / 1000 }]);
  return true;
}
