import { type EpochMs, shardOf } from '../../core/ids.ts';
import type { Walked } from '../../core/journeys/walk-ports.ts';
import { runMigratedEvents } from '../../core/metrics/run-events.ts';
import { machineOfLeg } from '../../core/runs/machine-name.ts';
import { migrated } from '../../core/runs/migration.ts';
import { ENTERING_MS, type EnrolmentMessage, type Plan, type Run } from '../../core/runs/run.ts';
import { committed, withMetrics } from './commit-plan.ts';
import type { StartRunDeps } from './deps.ts';
import { executePlan } from './execute-plan.ts';
import { executionState } from './execution-state.ts';
import { finish, publishRunEnded } from './finish-plan.ts';
import { movedRest } from './follow.ts';
import { journeyOfRun, type PinnedJourney } from './journey-of-run.ts';
import { mayBegin } from './may-begin.ts';
import { type Planned, planLeg } from './plan-leg.ts';
import { LEASE_MS, ReservedError } from './ports.ts';

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
  const here = await inTargetVersion(deps, run, pinned);
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

/** The run in the version to which it is being moved, or as it is. */
async function inTargetVersion(deps: StartRunDeps, run: Run, pinned: PinnedJourney): Promise<Planned> {
  if (run.migrating === undefined) return { run, pinned, isNew: false };
  const after = await journeyOfRun(deps, { ...run, version: run.migrating.version });
  const moved = migrated(run, { from: pinned.definition, to: after.definition }, run.migrating);
  return { run: moved, pinned: after, isNew: true };
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
  if (due !== undefined) await deps.runs.postponeDue(run.entry, due, deps.clock() + restartDelayMs(run));
}

/** Returns 1 to 5 minutes, spread over the runs that were refused together. */
const restartDelayMs = ({ entry }: Run): number => 60_000 + Number(shardOf(entry, 60)) * 4_000;
