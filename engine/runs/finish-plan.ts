import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import { runEndedEvent } from '../../core/events/internal.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Message } from '../../core/messages/message.ts';
import type { Plan, Run } from '../../core/runs/run.ts';
import { eventOut } from '../profiles/outgoing.ts';
import type { RunDeps } from './deps.ts';

/** `docs/protocols.md#starting-a-leg`, 4: sends the end of a run that its plan has closed, or parks one whose plan cannot go on yet. */
export async function finish(deps: RunDeps, run: Run, plan: Plan): Promise<void> {
  if (plan.next.kind === 'park') await park(deps, run, { leg: run.leg, step: plan.n + 1 }, plan.next);
  if (plan.next.kind === 'end') await publishRunEnded(deps, run, plan.next.outcome ?? 'ended', plan.at);
}

/** Parks a run for a held or deferred message, then checks whether the message has left meanwhile. Its sender writes first and checks the run after. */
async function park(
  deps: RunDeps,
  run: Run,
  fence: { leg: number; step: number },
  { resumeAt, held }: Extract<Plan['next'], { kind: 'park' }>,
): Promise<void> {
  if (held === undefined) {
    await deps.runs.parkPlanned(run.entry, fence, resumeAt);
    return;
  }
  await deps.runs.parkPlanned(run.entry, fence, resumeAt, { way: { kind: 'waited' }, by: HELD });
  const { [held]: message } = await deps.messages.histories([held]);
  if (isMessageSettled(message)) await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
}

/** Claim value of a `send` whose message is held or deferred. */
export const HELD = 'held';

/** Returns whether a message's row has a final state; a message without a row is still on its way. */
export const isMessageSettled = (message: Message | undefined): boolean =>
  message !== undefined && !['held', 'deferred', 'released', 'sending'].includes(message.state);

/**
 * Sends the end to the profile if a live rule asks for it; else the profile finds the run closed when it looks. Every executor that finds the run
 * closed by its own plan repeats this; the event's id makes it one event.
 */
export async function publishRunEnded(deps: RunDeps, run: Run, outcome: string, at: EpochMs): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  if (isEndWatched(snapshot, run.journey))
    await deps.events.send([eventOut(run.profile, runEndedEvent(run, outcome, at))]);
}
