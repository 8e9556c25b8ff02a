import { journeys } from '../../../core/catalog/kinds/journey.ts';
import { checkJourneyWindows } from '../../../core/catalog/kinds/windows.ts';
import { checkReferences } from '../../../core/journeys/check.ts';
import type { Journey } from '../../../core/journeys/schema.ts';
import { isTimed } from '../../../core/journeys/timed-entries.ts';
import { journeyScope } from '../../../core/messages/source.ts';
import { machineName } from '../../../core/runs/machine-name.ts';
import { checkMachine } from '../../../statemachines/check.ts';
import { compileMachine } from '../../../statemachines/compile.ts';
import { archiveRuns, backfill, enterExisting, releaseHeld, wakeRuns } from '../../jobs/start-job.ts';
import { type CheckDeps, checkView } from '../check.ts';
import type { JourneyLifecycleDeps, LifecycleDeps } from '../deps.ts';
import { startsItself } from '../journey-loops.ts';
import type { LifecycleKind } from './lifecycle-kind.ts';

/** Journeys: publishing makes state machines, a pause lets runs rest, archiving closes them. */
export const journeyLifecycle: LifecycleKind<'journeys', JourneyLifecycleDeps, CheckDeps> = {
  kind: journeys,
  noun: 'journey',
  pauseOf: (id) => ({ journey: id }),
  async check(deps, id, journey) {
    const view = await checkView(deps, journeys, journey);
    return {
      errors: [
        ...checkReferences(id, journey, view).errors,
        ...checkJourneyWindows(journey, view).errors,
        ...(await startsItself(deps, id, journey)),
      ],
      warnings: journeys.check(id, journey, view).warnings,
    };
  },
  /** Returns the templates that the journey uses and the journeys that it starts, with their newest versions. */
  pinnedBy(journey) {
    const started = new Set(
      Object.values(journey.nodes).flatMap((node) => (node.type === 'journey' ? node.journey : [])),
    );
    return journeys
      .references(journey)
      .flatMap(({ kind, id }) =>
        kind === 'templates' || (kind === 'journeys' && started.has(id)) ? [{ kind, id }] : [],
      );
  },
  prepare: createMachines,
  admit: letIn,
  async release(deps, id, terms) {
    await releaseHeld(deps, journeyScope(id), terms);
    return wakeRuns(deps, id, terms);
  },
  async end(deps, id, upTo, by) {
    await deps.rules.continuePilots(id, undefined);
    return archiveRuns(deps, id, upTo, by);
  },
};

/**
 * A timed entry needs one backfill, so that every profile gets its next instant. With `existing`, customers who already hold the entry's tag or
 * segment enter too.
 */
async function letIn(deps: LifecycleDeps, id: string, by: string): Promise<void> {
  const live = (await deps.rules.read()).snapshot.journeys.find((one) => one.id === id);
  if (live === undefined) return;
  const { version } = live;
  const { entry } = live.definition;
  if (isTimed(entry)) await backfill(deps, by);
  const rule = 'tag' in entry ? entry.tag : 'segment' in entry ? `segment:${entry.segment}` : undefined;
  if (rule !== undefined && 'existing' in entry && entry.existing)
    await enterExisting(deps, { journey: id, version, rule }, by);
}

/** Creates one state machine for first legs and one for later legs. */
async function createMachines(
  deps: JourneyLifecycleDeps,
  id: string,
  version: number,
  journey: Journey,
): Promise<void> {
  const { advanceRunArn, registerTaskTokenArn, machinePrefix } = deps.functions;
  for (const [variant, leg] of [
    ['first', 1],
    ['resume', 2],
  ] as const) {
    const definition = compileMachine(journey, { id, version, advanceRunArn, registerTaskTokenArn, variant });
    const faults = checkMachine(definition);
    if (faults.length > 0) throw new Error(`the machine of ${id} is broken: ${JSON.stringify(faults)}`);
    await deps.machines.create(machineName(machinePrefix, id, version, leg), definition);
  }
}
