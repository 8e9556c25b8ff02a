import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import type { ExecutionState, Plan, Run, StepInput } from '../../core/runs/run.ts';
import { closeArchivedRun, isArchived } from './archived-runs.ts';
import { committed, withMetrics } from './commit-plan.ts';
import { RECHECK_MS, type RunDeps, RunLeft } from './deps.ts';
import { executePlan } from './execute-plan.ts';
import { executionState } from './execution-state.ts';
import { finish, publishRunEnded } from './finish-plan.ts';
import { movedRest } from './follow.ts';
import { journeyOfRun, type PinnedJourney } from './journey-of-run.ts';
import { planNext } from './plan-next.ts';
import { type Resolution, resolveFromTimeline } from './resolve-from-timeline.ts';

/** Leaves a stop and runs the nodes to the next: `docs/protocols.md#advancing-a-run`. A retry replays the committed plan, never decides anew. */
export async function advanceRun(deps: RunDeps, input: StepInput): Promise<ExecutionState> {
  return retryOnConflict(
    async (count) => {
      const run =
        (count === 0 ? await eventuallyReadRest(deps, input) : undefined) ?? (await deps.runs.get(input.entry));
      if (run === undefined || run.leg !== input.leg) throw new RunLeft(`${input.entry} is not on leg ${input.leg}`);
      const pinned = await journeyOfRun(deps, run);
      if (run.plan?.n === input.n && run.step === input.n + 1) return replay(deps, run, pinned, run.plan);
      // The executor that archived the run may have died before it sent the event.
      if (run.reason === 'archived') await publishRunEnded(deps, run, 'archived', run.closedAt ?? deps.clock());
      if (run.status !== 'open' || run.step !== input.n) throw new RunLeft(`${input.entry} has left step ${input.n}`);
      if (isCutShort(run, input) || (await isPutOff(deps, run, pinned, input))) {
        if (await isExecutionLost(deps, run)) throw new RunLeft(`${input.entry} goes on in another leg`);
        // Another attempt of this state has committed its plan meanwhile; this one executes it too, since the other may have died.
        return CONFLICT;
      }
      const left = await leave(deps, run, pinned, input);
      const state = left && (await planAndProceed(deps, run, pinned, input, left));
      return state ?? CONFLICT;
    },
    () => new Error(`${input.entry} changed too often`),
  );
}

/**
 * The run that rests, if its wait is over and nothing else has come: whoever changed it a moment ago has changed what the fence of the next write asks
 * for, and the write is refused. All else is read for certain.
 */
async function eventuallyReadRest({ runs }: RunDeps, { entry, leg, n, cause }: StepInput): Promise<Run | undefined> {
  if (cause !== 'wait') return undefined;
  const run = await runs.get(entry, { isEventual: true });
  return run?.status === 'open' && run.leg === leg && run.step === n && run.claim === undefined ? run : undefined;
}

/** Most steps of a leg. Each makes about 15 of the 25,000 events that an execution may have. */
const MAX_STEPS = 1_000;

/** Returns whether the leg ends before the rest does (`executionState`). */
function isCutShort(run: Run, { cause, enteredAt }: StepInput): boolean {
  if (cause === 'token' || run.claim !== undefined || run.plan?.next.kind !== 'stop') return false;
  return run.plan.next.until > Date.parse(enteredAt) + 1_000;
}

/**
 * Returns whether the date that the run waited for has just changed, so that it is still to come or no longer exists. The executor that changed it
 * may have died before it moved the run.
 */
async function isPutOff(
  deps: RunDeps,
  run: Run,
  { definition }: PinnedJourney,
  { cause }: StepInput,
): Promise<boolean> {
  if (cause === 'token' || run.claim !== undefined) return false;
  const moved = await movedRest(deps, run, definition);
  return moved !== undefined && ('onMissing' in moved || moved.until > deps.clock());
}

/** Moves the rest into another execution. Returns false if the write was refused. */
async function isExecutionLost(deps: RunDeps, run: Run): Promise<boolean> {
  if (!(await deps.runs.parkLost(run.entry, run, deps.clock()))) return false;
  await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
  return true;
}

/** Does the same for a stop that the run has just reached: only an executor that ends or moves the run writes meanwhile. */
async function nextLeg(deps: RunDeps, run: Run): Promise<never> {
  await isExecutionLost(deps, run);
  throw new RunLeft(`${run.entry} goes on in another leg`);
}

async function replay(deps: RunDeps, run: Run, pinned: PinnedJourney, plan: Plan): Promise<ExecutionState> {
  if (run.status === 'open' || run.reason === 'ended') return proceed(deps, run, pinned, plan);
  throw new RunLeft(`${run.entry} is ${run.status}`);
}

/** Step 2: how the stop is left. Undefined: the claim was refused, read again. */
async function leave(
  deps: RunDeps,
  run: Run,
  pinned: PinnedJourney,
  input: StepInput,
): Promise<Resolution | undefined> {
  if (input.cause === 'wait') return { way: { kind: 'waited' }, by: 'wait' };
  const fence = { leg: input.leg, step: input.n };
  if (run.claim === undefined) {
    const timeout = { way: { kind: 'timeout' as const }, by: 'timeout' };
    if (!(await deps.runs.claim(run.entry, fence, timeout))) return undefined;
    return resolveFromTimeline(deps, run, pinned);
  }
  return run.claim.way.kind === 'timeout' ? resolveFromTimeline(deps, run, pinned) : run.claim;
}

/** Steps 3 to 7. Undefined: a write was refused, read again. */
async function planAndProceed(
  deps: RunDeps,
  run: Run,
  pinned: PinnedJourney,
  input: StepInput,
  left: Resolution,
): Promise<ExecutionState | undefined> {
  const fence = { leg: input.leg, step: input.n };
  const at = Date.parse(input.enteredAt);
  const { pointer, snapshot } = await deps.catalog.snapshot();
  if (isArchived(snapshot, run)) {
    await closeArchivedRun(deps, run);
    throw new RunLeft(`${run.entry} was archived with its journey`);
  }
  if (pointer.journeys[run.journey] !== undefined) {
    const claim = { way: left.way, by: left.by, output: left.output };
    if (!(await deps.runs.park(run.entry, fence, claim, at, deps.clock() + RECHECK_MS))) return undefined;
    throw new RunLeft(`${run.entry} rests while its journey is paused`);
  }
  const walked = await planNext(
    deps,
    run,
    pinned,
    { kind: 'stop', node: input.stop, way: left.way, output: left.output, by: left.by },
    at,
  );
  const commit = committed(run, walked);
  if (!(await deps.runs.commitPlan(run.entry, fence, commit))) return undefined;
  const status: Run['status'] = commit.end ? 'closed' : commit.park ? 'parked' : 'open';
  const { plan, data, visits, way } = walked;
  const moved = { ...run, plan, data, visits, status, step: run.step + 1, claim: undefined };
  return withMetrics(deps, run, { plan, way }, () => proceed(deps, moved, pinned, plan));
}

/** Steps 5 to 7. */
async function proceed(deps: RunDeps, run: Run, pinned: PinnedJourney, plan: Plan): Promise<ExecutionState> {
  await executePlan(deps, run, pinned, plan);
  if (plan.next.kind !== 'stop') await finish(deps, run, plan);
  if (plan.next.kind === 'park') throw new RunLeft(`${run.entry} rests at ${plan.next.node}`);
  if (plan.next.kind === 'stop' && run.step - (run.legBegan?.step ?? 0) >= MAX_STEPS) return nextLeg(deps, run);
  if ((await movedRest(deps, run, pinned.definition)) !== undefined) return nextLeg(deps, run);
  return executionState(run, plan, deps.clock());
}
