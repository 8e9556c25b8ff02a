import type { Walked, WalkStart } from '../../core/journeys/walk-ports.ts';
import type { Plan, Run } from '../../core/runs/run.ts';
import type { StartRunDeps } from './deps.ts';
import { HELD } from './finish-plan.ts';
import { movedRest, pendingTraitsOf, restInstant } from './follow.ts';
import type { PinnedJourney } from './journey-of-run.ts';
import { planNext } from './plan-next.ts';
import { resolveFromTimeline } from './resolve-from-timeline.ts';

/** A run and its version, from which the leg is planned. `isNew`: its last plan was one of another version. */
export interface Planned {
  run: Run;
  pinned: PinnedJourney;
  isNew: boolean;
}

/**
 * The first stop counts from the entry. A rest after a pause counts from the instant at which the run goes on. A run whose execution was lost returns
 * to where its last plan led. A time-out that the lost execution claimed decides nothing, because the history must be read first.
 */
export function planLeg(deps: StartRunDeps, { run, pinned, isNew }: Planned): Promise<Walked> {
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

function fromOf(run: Run): WalkStart {
  if (run.node === undefined) return { kind: 'start' };
  if (run.claim === undefined) return { kind: 'node', node: run.node };
  const { way, output, by } = run.claim;
  return { kind: 'stop', node: run.node, way, output, ...(by === HELD ? {} : { by }) };
}
