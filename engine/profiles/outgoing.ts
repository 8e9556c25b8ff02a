import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { type EntryId, type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import type { StopExecutionMessage } from '../../core/runs/run.ts';
import type { Outgoing } from '../ports.ts';

/** After this delay an enrolment that was under way has started its execution. */
const STOP_AFTER_SECONDS = 10;

/** Messages that are queued at the end, in one call per queue, because calls cost money. */
export interface Outbox {
  events: Outgoing[];
  enrolments: Outgoing[];
  stopExecutions: Outgoing[];
  metricEvents: MetricEvent[];
  due: Outgoing[];
}

/**
 * Message that stops the execution of a run that was just closed or has left `leg`, even if the execution is being started meanwhile. For a closed
 * run it also closes the tasks and sends held messages to the gate.
 */
export const stopExecutionOf = (entry: EntryId, leg?: number, version?: number): Outgoing => ({
  body: {
    entry,
    ...(leg === undefined ? {} : { leg }),
    ...(version === undefined ? {} : { version }),
  } satisfies StopExecutionMessage,
  delaySeconds: STOP_AFTER_SECONDS,
});

export function eventOut(profile: ProfileKey, event: CairnEvent): Outgoing {
  const body: EventsMessage = { profile, events: [event] };
  return { body, group: profile, dedup: hashId(profile, event.id) };
}

export function dueMessage(profile: ProfileKey, at: EpochMs, now: EpochMs): Outgoing {
  const body: DueMessage = { profile, at };
  return { body, delaySeconds: Math.min(900, Math.max(0, Math.ceil((at - now) / 1000))) };
}
