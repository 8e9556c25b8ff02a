import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EpochMs } from '../../core/ids.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { Run } from '../../core/runs/run.ts';
import { closeArchivedRun, isArchived } from './archived-runs.ts';
import { RECHECK_MS, type StartRunDeps } from './deps.ts';
import { requestOf } from './execute-plan.ts';
import { HELD, isMessageSettled } from './finish-plan.ts';
import type { PinnedJourney } from './journey-of-run.ts';
import { lookAgainAt } from './plan-next.ts';

/** Step 1.1 of `docs/protocols.md#starting-a-leg`: whether nothing keeps the run from its next leg. Otherwise it is closed, or looks again later. */
export async function mayBegin(
  deps: StartRunDeps,
  run: Run,
  pinned: PinnedJourney,
  fence: { leg: number; step: number },
): Promise<boolean> {
  const { pointer, snapshot } = await deps.catalog.snapshot();
  if (isArchived(snapshot, run)) {
    await closeArchivedRun(deps, run);
    return false;
  }
  if (pointer.journeys[run.journey] !== undefined) {
    await deps.runs.postpone(run.entry, fence, deps.clock() + RECHECK_MS);
    return false;
  }
  const held = await heldUntil(deps, run, pinned, snapshot);
  if (held !== undefined) {
    await deps.runs.postpone(run.entry, fence, held);
    return false;
  }
  if (await waitsForPilot(deps, run, pinned, pointer)) {
    // Refused, and it was carried: it looks again when its creation says.
    if (run.dueAt !== undefined) await deps.runs.postponeDue(run.entry, run.dueAt, deps.clock() + RECHECK_MS);
    return false;
  }
  const throttled = await throttledUntil(deps, run, pinned);
  if (throttled > deps.clock()) await deps.runs.postpone(run.entry, fence, throttled);
  return throttled <= deps.clock();
}

/** Returns when to check again, for a run whose message is still held. After `validFor` the run goes on, and the message expires. */
async function heldUntil(
  deps: StartRunDeps,
  run: Run,
  pinned: PinnedJourney,
  snapshot: Snapshot,
): Promise<EpochMs | undefined> {
  const visit = run.node === undefined ? undefined : run.visits[run.node];
  if (run.claim?.by !== HELD || run.node === undefined || visit?.message === undefined) return undefined;
  const { [visit.message]: row } = await deps.messages.histories([visit.message]);
  if (isMessageSettled(row)) return undefined;
  const request =
    row?.request ?? requestOf(run, pinned, { node: run.node, message: visit.message }, visit.at, snapshot);
  const lookAt = lookAgainAt(request, deps.clock());
  if (lookAt > deps.clock()) return lookAt;
  // The gate decides, so this is sent even if a channel is paused.
  await deps.senders[firstSender(request, row?.channel)].send([{ body: { ...request, released: true } }]);
  return undefined;
}

/** A run takes its place in its version's pilot before its first leg. Without one it stays as it is, until the pilot is continued. */
async function waitsForPilot(
  deps: StartRunDeps,
  run: Run,
  { definition: { pilot } }: PinnedJourney,
  { continued }: Pointer,
): Promise<boolean> {
  if (pilot === undefined || run.leg > 0 || run.test !== undefined || run.version <= (continued?.[run.journey] ?? 0))
    return false;
  return !(await deps.pilots.claim(run, pilot, run.entry));
}

/**
 * A run passes its journey's throttle once, before its first leg. Its place is remembered: whatever sends the leg early, such as a second delivery
 * or a resumption, does not make it pass early.
 */
async function throttledUntil(deps: StartRunDeps, run: Run, { definition }: PinnedJourney): Promise<EpochMs> {
  const now = deps.clock();
  if (definition.throttle === undefined || run.leg > 0 || run.test !== undefined) return now;
  return deps.throttles.pass(journeyScope(run.journey), definition.throttle.perMinute, now, run.entry);
}
