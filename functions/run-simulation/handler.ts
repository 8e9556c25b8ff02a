import { opened, type Payload } from '../../engine/simulation/payload.ts';
import { type Outcome, runSimulation } from '../../engine/simulation/run-simulation.ts';
import { systemSequence } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { logger } from '../../runtime/log.ts';
import { EnvSchema } from './env.ts';

/** Invoked by `simulation-api`: runs a simulation. It knows only its payload, and may call no service. */
export const handler = taskHandler({
  env: EnvSchema,
  build: () => undefined,
  handle: (_deps, payload: Payload): Promise<Outcome> =>
    runSimulation(opened(payload), { log: logger, sequence: systemSequence }),
});
