import { runOf } from '../../core/messages/source.ts';
import { messageMetricEvents } from '../../core/metrics/metric-event.ts';
import { isExited } from '../../core/sending/gate.ts';
import type { SenderDeps } from './deps.ts';
import type { Draft } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';
import { releaseCapCount, type SendContext } from './send-context.ts';

/** A run that has left comes before all other reasons; one that was not read is read now. */
export async function hasLeft(deps: SenderDeps, all: SendContext): Promise<boolean> {
  const { source, runData } = all.request;
  const entry = runOf(source);
  if (entry === undefined || runData === undefined) return false;
  all.run = await deps.runs.get(entry);
  return isExited(source, all.run, all.snapshot);
}

/** Asks gate 0 AGAIN, so that an exit between the first read and the take is not missed. */
export async function leftMeanwhile(deps: SenderDeps, all: SendContext, owner: string, draft: Draft): Promise<boolean> {
  const { source } = all.request;
  const run = runOf(source);
  if (run === undefined || !isExited(source, await deps.runs.get(run), all.snapshot)) return false;
  if (await deps.messages.giveUp(draft.id, owner, 'suppressed', 'exited', deps.clock())) {
    await releaseCapCount(deps, all);
    await deps.metricEvents.publish(messageMetricEvents(draft, { metric: 'suppressed', detail: 'exited' }, all.now));
    await publishMessageEvent(deps, all.snapshot, draft, { status: 'suppressed', at: all.now });
  }
  return true;
}
