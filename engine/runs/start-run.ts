import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { type EpochMs, shardOf } from '../../core/ids.ts';
import type { From, Walked } from '../../core/journeys/walk.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import { journeyScope } from '../../core/messages/source.ts';
import { runMigratedEvents } from '../../core/metrics/published-events.ts';
import { machineOfLeg } from '../../core/runs/machine-name.ts';
import { migrated } from '../../core/runs/migration.ts';
import { ENTERING_MS, type EnrolmentMessage, type Plan, type Run } from '../../core/runs/run.ts';
import { RECHECK_MS, type StartRunDeps } from './deps.ts';
import {
  closeArchivedRun,
  committed,
  executePlan,
  executionState,
  finish,
  HELD,
  isArchived,
  isMessageSettled,
  publishRunEnded,
  requestOf,
  withMetrics,
} from './execute-plan.ts';
import { movedRest, pendingTraitsOf, restInstant } from './follow.ts';
import { journeyOfRun, type PinnedJourney } from './journey-of-run.ts';
import { lookAgainAt, planNext } from './plan-next.ts';
import { LEASE_MS, ReservedError } from './ports.ts';
import { resolveFromTimeline } from './resolve-from-timeline.ts';

/** Begins a leg of a run, the first and later ones alike: `docs/protocols.md#starting-a-leg`. A repeat replays the committed plan. */
export async function startRun(deps: StartRunDeps, message: EnrolmentMessage): Promise<void> {
  try {
    await beginLeg(deps, message);
  } catch (error) {
    if (!(error instanceof ReservedError)) throw error;
    // Another executor is starting it now: after this delay it has started the leg, or has died.
    await deps.enrolments.send([{ body: message, delaySeconds: Math.ceil(LEASE_MS / 1000) }]);
  }
}

async function beginLeg(deps: StartRunDeps, message: EnrolmentMessage): Promise<void> {
  const { entry, leg } = message;
  const created = carriedRun(message, deps.clock());
  const run = created ?? (await deps.runs.get(entry));
  if (run === undefined) return;
  if (!isBefore(run, leg)) return replay(deps, run, leg);
  const begun = await begin(deps, run, await journeyOfRun(deps, run));
  if (begun !== undefined) {
    const { plan, before, pinned } = begun;
    const moved = before.version === run.version ? [] : runMigratedEvents(run, before, deps.clock());
    return withMetrics(deps, before, begun, () => start(deps, begun.run, pinned, plan), moved);
  }
  // Refused: another executor has started the leg, or this very write succeeded, its response was lost and the SDK repeated it.
  const now = await deps.runs.get(entry);
  if (now !== undefined) await replay(deps, now, leg);
}

/** A run that is due no sooner has been sent on its way by then, or is started again. */
const SOON_MS = 5 * 60_000;

/**
 * The run as it was when its creator sent this: if it has moved on since, the condition of the first write refuses, and it is read. A message that has
 * waited is probably a second delivery, whose walk would draw coupons in vain.
 */
function carriedRun({ entry, created }: EnrolmentMessage, now: EpochMs): Run | undefined {
  if (created === undefined || created.createdAt < now - SOON_MS) return undefined;
  const { createdAt, ...run } = created;
  return { ...run, entry, dueAt: createdAt + ENTERING_MS, status: 'entering', leg: 0, step: 0, visits: {} };
}

/** Whether the instant at which a lost enrolment is looked for leaves time to start the execution. One that waited for its pilot is due hours later. */
const isDueLater = ({ status, dueAt }: Run, now: EpochMs): boolean =>
  status === 'entering' && dueAt !== undefined && dueAt > now + SOON_MS && dueAt <= now + ENTERING_MS;

/** Step 2. */
async function replay(deps: StartRunDeps, run: Run, leg: number): Promise<void> {
  if (run.plan !== undefined && run.leg === leg && run.plan.n + 1 === run.step) {
    // An open run that is not due has started: this delivery is a duplicate. The executor that ended the run may have died before its last actions.
    if ((run.status === 'open' && run.dueAt !== undefined) || run.reason === 'ended')
      await start(deps, run, await journeyOfRun(deps, run), run.plan);
  }
  // The executor that archived the run may have died before it sent the event.
  if (run.reason === 'archived') await publishRunEnded(deps, run, 'archived', run.closedAt ?? deps.clock());
}

const isBefore = (run: Run, leg: number): boolean =>
  (run.status === 'entering' || run.status === 'parked') && run.leg === leg - 1;

/** A leg that has begun: the run before and after it, which may have moved to another version, and that version. */
interface Begun extends Pick<Walked, 'plan' | 'way'> {
  run: Run;
  before: Run;
  pinned: PinnedJourney;
}

/** Step 1. Undefined: postponed, or somebody else began it. */
async function begin(deps: StartRunDeps, run: Run, pinned: PinnedJourney): Promise<Begun | undefined> {
  const fence = { leg: run.leg, step: run.step, isDueLater: isDueLater(run, deps.clock()) };
  if (!(await mayBegin(deps, run, pinned, fence))) return undefined;
  // The execution may have been lost between the commit of a plan and its execution.
  if (run.executionLost && run.plan !== undefined && run.migrating?.isCarriedOut !== true)
    await executePlan(deps, run, pinned, run.plan);
  const here = await inItsVersion(deps, run, pinned);
  const walked = await planLeg(deps, here);
  const commit = { ...committed(here.run, walked), ...(run.migrating && { version: here.run.version }) };
  const now = deps.clock();
  const from = { ...fence, movingTo: run.migrating?.version };
  if (!(await deps.runs.beginLeg(run.entry, from, commit, now))) return undefined;
  const status: Run['status'] = commit.end ? 'closed' : commit.park ? 'parked' : 'open';
  const { plan, data, visits, way } = walked;
  return {
    run: {
      ...here.run,
      plan,
      data,
      visits,
      status,
      leg: run.leg + 1,
      step: run.step + 1,
      legBegan: { at: now, step: run.step + 1 },
      claim: undefined,
      dueAt: undefined,
    },
    before: here.run,
    pinned: here.pinned,
    plan,
    way,
  };
}

/** Step 1.1: whether nothing keeps the run from its next leg. Otherwise it is closed, or looks again later. */
async function mayBegin(
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

/** A run and its version, from which the leg is planned. `isNew`: its last plan was one of another version. */
interface Planned {
  run: Run;
  pinned: PinnedJourney;
  isNew: boolean;
}

/** The run in the version to which it is being moved, or as it is. */
async function inItsVersion(deps: StartRunDeps, run: Run, pinned: PinnedJourney): Promise<Planned> {
  if (run.migrating === undefined) return { run, pinned, isNew: false };
  const after = await journeyOfRun(deps, { ...run, version: run.migrating.version });
  const moved = migrated(run, { from: pinned.definition, to: after.definition }, run.migrating);
  return { run: moved, pinned: after, isNew: true };
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

/**
 * The first stop counts from the entry. A rest after a pause counts from the instant at which the run goes on. A run whose execution was lost returns
 * to where its last plan led. A time-out that the lost execution claimed decides nothing, because the history must be read first.
 */
function planLeg(deps: StartRunDeps, { run, pinned, isNew }: Planned): Promise<Walked> {
  const isUndecided = run.claim === undefined || run.claim.way.kind === 'timeout';
  if (run.executionLost && isUndecided && run.plan !== undefined)
    return restAgain(deps, { run, pinned, isNew }, run.plan);
  const at = run.leg === 0 ? run.at : deps.clock();
  return planNext(deps, run, pinned, fromOf(run), at);
}

/**
 * Returns the same rest as before: until another instant if the trait's date has changed or the version is a new one, or further along the way if
 * the date no longer exists.
 */
async function restAgain(deps: StartRunDeps, { run, pinned, isNew }: Planned, before: Plan): Promise<Walked> {
  const { next } = before;
  const moved =
    isNew && next.kind === 'stop'
      ? await restInstant(deps, run, before, next.node, pinned.definition)
      : await movedRest(deps, run, pinned.definition);
  const plan: Plan = {
    n: run.step,
    at: run.leftAt ?? run.at,
    actions: [],
    next,
    pendingTraits: pendingTraitsOf(before),
  };
  if (next.kind !== 'stop' || moved === undefined) return { plan, data: run.data, visits: run.visits, way: [] };
  if ('onMissing' in moved) return planWithoutDate(deps, run, pinned, next.node, moved);
  const { until } = moved;
  deps.trace?.({ node: next.node, run, did: { rested: until }, actions: [] });
  const visits = warned(run.visits, next.node, moved.warning);
  return { plan: { ...plan, next: { ...next, until } }, data: run.data, visits, way: [] };
}

/** An event that was committed before the date was removed takes precedence. */
async function planWithoutDate(
  deps: StartRunDeps,
  run: Run,
  pinned: PinnedJourney,
  node: string,
  { onMissing, warning }: { onMissing: string; warning: string },
): Promise<Walked> {
  const now = deps.clock();
  const { way, by, output } = await resolveFromTimeline(deps, run, pinned);
  if (way.kind !== 'timeout') return planNext(deps, run, pinned, { kind: 'stop', node, way, by, output }, now);
  const undated = { ...run, visits: warned(run.visits, node, warning) };
  return planNext(deps, undated, pinned, { kind: 'node', node: onMissing, left: node }, now);
}

function warned(visits: Run['visits'], node: string, warning: string | undefined): Run['visits'] {
  const { [node]: visit } = visits;
  if (visit === undefined) return visits;
  const { warning: _before, ...rest } = visit;
  return { ...visits, [node]: warning === undefined ? rest : { ...rest, warning } };
}

function fromOf(run: Run): From {
  if (run.node === undefined) return { kind: 'start' };
  if (run.claim === undefined) return { kind: 'node', node: run.node };
  const { way, output, by } = run.claim;
  return { kind: 'stop', node: run.node, way, output, ...(by === HELD ? {} : { by }) };
}

/** Steps 3 to 5. The execution is started LAST; until that is known, the run is due. */
async function start(deps: StartRunDeps, run: Run, pinned: PinnedJourney, plan: Plan): Promise<void> {
  await executePlan(deps, run, pinned, plan);
  if (plan.next.kind !== 'stop') return finish(deps, run, plan);
  if ((await movedRest(deps, { ...run, plan }, pinned.definition)) !== undefined) {
    if (await deps.runs.parkLost(run.entry, run, deps.clock()))
      await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
    return;
  }
  const machine = machineOfLeg(deps.machinePrefix, run, run.leg);
  if (await deps.executions.start(machine, executionState(run, plan, deps.clock()))) {
    await deps.runs.confirmStart(run.entry, run);
    return;
  }
  // Under load this is no fault and must not count as a failed delivery: `dispatch-due` starts the run later.
  deps.log.warn('an execution is started later: Step Functions takes no more now', { run: run.entry });
  const due = (await deps.runs.get(run.entry))?.dueAt;
  if (due !== undefined) await deps.runs.postponeDue(run.entry, due, deps.clock() + refusedFor(run));
}

/** Returns 1 to 5 minutes, spread over the runs that were refused together. */
const refusedFor = ({ entry }: Run): number => 60_000 + Number(shardOf(entry, 60)) * 4_000;
