import type { Pins } from '../../core/definitions/pins.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import type { Run } from '../../core/runs/run.ts';
import type { RunDeps } from './deps.ts';

/** A version of a journey with the pins that `submit` set. */
export interface PinnedJourney {
  definition: Journey;
  pins: Pins;
}

export async function journeyOfRun(deps: Pick<RunDeps, 'catalog'>, run: Run): Promise<PinnedJourney> {
  const version = await deps.catalog.version('journeys', run.journey, run.version);
  if (version === undefined) throw new Error(`journey ${run.journey} has no version ${run.version}`);
  // `PUT` validated what the catalog holds as a journey.
  return {
    definition: version.definition as Journey,
    pins: version.pins ?? run.test?.pins ?? { templates: {}, journeys: {} },
  };
}
