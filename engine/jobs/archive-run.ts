import { runEndedEvent } from '../../core/events/internal.ts';
import type { EntryId, EpochMs } from '../../core/ids.ts';
import { runEndedEvents, runInterruptedEvents } from '../../core/metrics/run-events.ts';
import type { Run } from '../../core/runs/run.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import { eventOut, stopExecutionOf } from '../profiles/outgoing.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';

const OUTCOME = 'archived';
/** A page that broke off between a run's close and its event is repeated within this time. */
const REPEAT_MS = 15 * 60_000;

export interface ArchiveDeps {
  runs: Pick<RunStore, 'get' | 'close'>;
  profiles: Pick<ProfileStore, 'home'>;
  events: Pick<Queue, 'send'>;
  stopExecutions: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  clock: Clock;
}

/** Closes the run, then sends its end to the profile's message group. A repeat soon after sends the event again, under the same event id. */
export async function archiveRun(deps: ArchiveDeps, entry: EntryId): Promise<void> {
  const read = await deps.runs.get(entry);
  const now = deps.clock();
  if (read === undefined || isFinished(read, now)) return;
  const isClosed = read.status !== 'closed' && (await deps.runs.close(entry, 'archived', now, OUTCOME));
  if (read.status !== 'closed' && !isClosed) return;
  // The run may have started or moved on since it was read.
  const run = (read.status === 'closed' ? undefined : await deps.runs.get(entry)) ?? read;
  if (isClosed)
    await deps.metricEvents.publish([...runEndedEvents(run, OUTCOME, now), ...runInterruptedEvents(run, now)]);
  const home = await deps.profiles.home(run.profile);
  await deps.events.send([eventOut(home.key, runEndedEvent(run, OUTCOME, now))]);
  if (run.leg > 0) await deps.stopExecutions.send([stopExecutionOf(entry)]);
}

/** Whether nothing is left to do: the run was closed for another reason, or by an archive that ended long ago. */
const isFinished = (run: Run, now: EpochMs): boolean =>
  run.status === 'closed' && (run.reason !== 'archived' || now - (run.closedAt ?? 0) > REPEAT_MS);
