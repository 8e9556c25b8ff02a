import type { EpochMs } from '../../core/ids.ts';
import { type ExecutionEnded, type ParkLostRunDeps, parkLostRun } from './park-lost-run.ts';
import type { LostExecutions } from './ports.ts';

export interface RecoverLostRunsDeps extends ParkLostRunDeps {
  lost: LostExecutions;
}

/** A night that fails is made up for by the next ones. */
const BACK_MS = 4 * 24 * 3600_000;
/** Among them are those that `stop-executions` has stopped, which may be many. */
const CONCURRENCY = 16;

/** Parks the runs whose execution was lost and nobody was told: EventBridge delivers at its best effort. Those known of have gone on and are left alone. */
export async function recoverLostRuns(deps: RecoverLostRunsDeps): Promise<void> {
  const since: EpochMs = deps.clock() - BACK_MS;
  const lost = deps.lost(since);
  const worker = async () => {
    for await (const detail of lost) await parkLostRun(deps, { detail } satisfies ExecutionEnded);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
