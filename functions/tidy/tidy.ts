import type { TidyMessage } from '../../core/runs/run.ts';
import { type Executions, machineName } from '../shared/adapters/executions.sfn.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';

export interface TidyDeps {
  runs: Pick<RunStore, 'get'>;
  executions: Pick<Executions, 'stop'>;
  machinePrefix: string;
}

/** Stops the execution of a closed run, which would rest on until its wait ends: `protocols.md`, B, tag 3. Nothing depends on it. */
export async function tidy(deps: TidyDeps, { entry }: TidyMessage): Promise<void> {
  const run = await deps.runs.get(entry);
  if (run?.status !== 'closed' || run.leg === 0) return;
  await deps.executions.stop(machineName(deps.machinePrefix, run.journey, run.version, run.leg), entry, run.leg);
}
