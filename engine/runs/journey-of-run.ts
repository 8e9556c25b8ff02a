import type { Pins } from '../../core/definitions/pins.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import type { Run } from '../../core/runs/run.ts';
import type { RunDeps } from './deps.ts';

/** A journey's version with what `submit` pinned. */
export interface PinnedJourney {
  definition: Journey;
  pins: Pins;
}

export async function journeyOfRun(deps: Pick<RunDeps, 'catalog'>, run: Run): Promise<PinnedJourney> {
  const version = await deps.catalog.version('journeys', run.journey, run.version);
  if (version === undefined) throw new Error(`journey ${run.journey} has no version ${run.version}`);
  // The catalog holds what `PUT` validated as a journey.
  return { definition: version.definition as Journey, pins: version.pins ?? { templates: {}, journeys: {} } };
}
