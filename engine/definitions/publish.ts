import type { Head } from '../../core/definitions/definition.ts';
import { isTimed } from '../../core/journeys/timed-entries.ts';
import { machineName } from '../../core/runs/machine-name.ts';
import { checkMachine } from '../../statemachines/check.ts';
import { compileMachine } from '../../statemachines/compile.ts';
import { backfill, enterExisting } from '../jobs/start-job.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Changed, type Found, goLive, move, requireStatus, type Verb, wrongState } from './lifecycle.ts';
import { submitted } from './submit.ts';

/**
 * approved → published (also from draft or submitted, if the settings require no approval). The order is: state machines, pins of the version, head,
 * live rules. Each step is repeatable, and runs can start only after the last.
 */
export async function publish(verb: Verb): Promise<Changed> {
  const { deps, id } = verb;
  const required = (await deps.catalog.snapshot()).snapshot.settings.approval.required;
  const changed = await move(verb, async (found) => {
    if (found.head.status === 'published') {
      // An earlier call may have broken off before its last step.
      await goLive(deps, id);
      await letIn(verb);
      throw wrongState('The newest version is published already.');
    }
    if (required) requireStatus(found, 'published', 'approved');
    else requireStatus(found, 'published', 'approved', 'submitted', 'draft');
    const head = found.head.pins === undefined ? await submitted(deps, found) : found.head;
    return published(deps, found, head);
  });
  await goLive(deps, id);
  await letIn(verb);
  return changed;
}

/**
 * A timed entry needs one backfill, so that every profile gets its next instant. With `existing`, customers who already hold the entry's tag or
 * segment enter too.
 */
async function letIn({ deps, id, caller }: Verb): Promise<void> {
  const live = (await deps.rules.read()).snapshot.journeys.find((one) => one.id === id);
  if (live === undefined) return;
  const { version } = live;
  const { entry } = live.definition;
  if (isTimed(entry)) await backfill(deps, caller.sub);
  const rule = 'tag' in entry ? entry.tag : 'segment' in entry ? `segment:${entry.segment}` : undefined;
  if (rule !== undefined && 'existing' in entry && entry.existing)
    await enterExisting(deps, { journey: id, version, rule }, caller.sub);
}

async function published(deps: LifecycleDeps, { id, version }: Found, head: Head): Promise<Head> {
  await createMachines(deps, id, head.latest, version.definition);
  const pins = head.pins ?? { templates: {}, journeys: {} };
  // The write is refused only if a later publisher came first: then the head has changed too.
  await deps.definitions.pinVersion(id, head.latest, pins, head.rev);
  return { ...head, status: 'published', published: head.latest, authors: [] };
}

/** Creates one state machine for first legs and one for later legs. */
async function createMachines(
  deps: LifecycleDeps,
  id: string,
  version: number,
  journey: Found['version']['definition'],
): Promise<void> {
  const { stepArn, armArn, machinePrefix } = deps.functions;
  for (const [variant, leg] of [
    ['first', 1],
    ['resume', 2],
  ] as const) {
    const definition = compileMachine(journey, { id, version, stepArn, armArn, variant });
    const faults = checkMachine(definition);
    if (faults.length > 0) throw new Error(`the machine of ${id} is broken: ${JSON.stringify(faults)}`);
    await deps.machines.create(machineName(machinePrefix, id, version, leg), definition);
  }
}
