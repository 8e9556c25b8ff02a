import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { invoke } from '../../adapters/lambda/invoke.ts';
import type { SimulationDeps } from '../../engine/simulation/deps.ts';
import { runSimulationBy } from '../../engine/simulation/payload.ts';
import { dynamo, lambda } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type HttpDeps, httpDeps } from '../../runtime/http/dependencies.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps & SimulationDeps;

export function simulationApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const client = lambda();
  const table = env.CATALOG_TABLE;
  return {
    ...httpDeps(tables, env),
    definitions: definitionStore(tables, table),
    catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
    coupons: couponStore(tables, table),
    eventNames: eventNames(tables, table),
    secrets: secretStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    runSimulation: runSimulationBy((payload) => invoke(client, env.RUN_SIMULATION_FUNCTION_NAME, payload)),
  };
}
