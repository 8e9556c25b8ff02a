import { runOf } from '../../core/messages/source.ts';
import { isExited } from '../../core/sending/gate.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/** A run that has left comes before all other reasons; one that was not read is read now. */
export async function hasRunExited(deps: SenderDeps, all: SendContext): Promise<boolean> {
  const { source, runData } = all.request;
  const entry = runOf(source);
  if (entry === undefined || runData === undefined) return false;
  all.run = await deps.runs.get(entry);
  return isExited(source, all.run, all.snapshot);
}
