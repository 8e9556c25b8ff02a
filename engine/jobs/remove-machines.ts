import * as z from 'zod';
import type { JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { machineName } from '../../core/runs/machine-name.ts';
import type { DefinitionStore, Machines } from '../definitions/ports.ts';
import { supersededVersions } from '../definitions/superseded-versions.ts';
import type { Clock, Cursor, Log, Queue } from '../ports.ts';
import type { RunStore } from '../runs/ports.ts';
import type { JobStore } from './ports.ts';
import { removalId, removeMachines } from './start-job.ts';

export interface RemovalDeps {
  definitions: Pick<DefinitionStore, 'list' | 'listDeleted' | 'versions' | 'markRemoved'>;
  machines: Pick<Machines, 'remove'>;
  machinePrefix: string;
  /** Publishes how many versions have lost their machines. */
  reportRemoved: (versions: number) => void;
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
}

/** The job goes through the journey's runs first, and remembers on which versions one has not ended. */
const PlaceSchema = lazySchema(() =>
  z.object({ held: z.array(z.number()), place: z.record(z.string(), z.unknown()).optional() }),
);

type Work = JobSpecOf<'remove-machines'>;

/**
 * One page of the runs; after the last one, removes the machines of the versions that no run is on. Nobody comes to a superseded version any more, so
 * a run that an earlier page has not seen is none that is on one now.
 */
export async function removalPage(
  deps: { runs: Pick<RunStore, 'byJourney' | 'getAll'>; removal: RemovalDeps },
  { journey, versions }: Work,
  { limit, cursor }: { limit: number; cursor?: Cursor | undefined },
): Promise<{ done: number; next?: Cursor }> {
  const from = PlaceSchema.safeParse(cursor).data;
  const { entries, next } = await deps.runs.byJourney(journey, { limit, ...(from?.place && { cursor: from.place }) });
  const open = (await deps.runs.getAll(entries)).filter(({ status }) => status !== 'closed');
  const on = open.flatMap(({ version, migrating }) => [version, ...(migrating ? [migrating.version] : [])]);
  const held = [...new Set([...(from?.held ?? []), ...on])].filter((n) => versions.includes(n));
  if (next !== undefined) return { done: 0, next: { held, place: next } };
  return {
    done: await removeAll(
      deps.removal,
      journey,
      versions.filter((n) => !held.includes(n)),
    ),
  };
}

/** A version may have been pinned since the job began. */
async function removeAll(deps: RemovalDeps, journey: string, versions: number[]): Promise<number> {
  const now = deps.clock();
  const known = await supersededVersions(deps.definitions, now);
  const its = known?.superseded.find(({ id }) => id === journey);
  const removed = versions.filter((n) => its?.versions.includes(n));
  for (const n of removed) {
    for (const leg of [1, 2]) await deps.machines.remove(machineName(deps.machinePrefix, journey, n, leg));
    await deps.definitions.markRemoved('journeys', journey, n, now);
  }
  if (removed.length === 0) return 0;
  deps.log.info('removed the state machines of superseded versions', { journey, versions: removed });
  deps.reportRemoved(removed.length);
  return removed.length;
}

export interface StartRemovalsDeps {
  definitions: Pick<DefinitionStore, 'list' | 'listDeleted' | 'unlistDeleted' | 'versions'>;
  jobs: JobStore;
  queues: { jobs: Queue };
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** Journeys a night, and versions of each. */
const MAX_JOURNEYS = 50;
const MAX_VERSIONS = 25;
/** A journey of whose old versions some still have runs is looked through again after this time. */
const PERIOD_MS = 7 * 24 * 3_600_000;

/** Every night: starts the removal of state machines that nobody needs any more. */
export async function startRemovals(deps: StartRemovalsDeps): Promise<void> {
  const period = Math.floor(deps.clock() / PERIOD_MS);
  const known = await supersededVersions(deps.definitions, deps.clock());
  if (known === undefined) {
    deps.log.warn('no state machine is removed: there are too many journeys to know which are needed');
    return;
  }
  for (const { id, rev } of known.withoutMachines) await deps.definitions.unlistDeleted(id, rev);
  let started = 0;
  for (const { id, versions } of known.superseded) {
    if (started >= MAX_JOURNEYS) return;
    // One that has not ended is sent on: its message may have been lost.
    const job = await deps.jobs.get(removalId(id, period));
    if (job !== undefined && job.status !== 'running') continue;
    await removeMachines(deps, id, versions.slice(-MAX_VERSIONS), period);
    started += 1;
  }
}
