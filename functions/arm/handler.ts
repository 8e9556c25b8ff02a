import { catalogStore } from '../shared/adapters/catalog.dynamo.ts';
import { executions } from '../shared/adapters/executions.sfn.ts';
import { profileStore } from '../shared/adapters/profiles.dynamo.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { dynamo, sfn } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { isRunLeft } from '../shared/runs/deps.ts';
import { arm } from './arm.ts';
import { EnvSchema } from './env.ts';

/** The function of a `waitForTaskToken` Task: a retry comes with a new token and a higher attempt. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => {
    const tables = dynamo();
    return {
      runs: runStore(tables, env.RUNS_TABLE),
      profiles: profileStore(tables, env.PROFILES_TABLE),
      catalog: catalogStore(tables, {
        table: env.CATALOG_TABLE,
        pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
        clock: systemClock,
      }),
      executions: executions(sfn()),
      clock: systemClock,
    };
  },
  handle: arm,
  isExpected: isRunLeft,
});
