import type { EpochMs } from '../../core/ids.ts';
import { type ExecutionEnded, type ParkLostRunDeps, parkLostRun } from './park-lost-run.ts';
import type { LostExecutions } from './ports.ts';

export interface RecoverLostRunsDeps extends ParkLostRunDeps {
  lost: LostExecutions;
}

/** Later nights make up for a night that fails. */
const BACK_MS = 4 * 24 * 3600_000;
/** The executions include those that `stop-executions` has stopped, which may be many. */
const CONCURRENCY = 16;

/**
 * Parks runs whose execution was lost without an event, because EventBridge delivers at best effort. Runs that have moved on since are left alone.
 */
export async function recoverLostRuns(deps: RecoverLostRunsDeps): Promise<void> {
  const since: EpochMs = deps.clock() - BACK_MS;
  const lost = deps.lost(since);
  const worker = async () => {
    for await (const detail of lost) await parkLostRun(deps, { detail } satisfies ExecutionEnded);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
