import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { isRunLeft } from '../../engine/runs/deps.ts';
import { registerTaskToken } from '../../engine/runs/register-task-token.ts';
import { dynamo, sfn } from '../../runtime/aws.ts';
import { catalogChanges } from '../../runtime/catalog-changes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
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
        changes: catalogChanges,
        clock: systemClock,
      }),
      executions: executions(sfn()),
      clock: systemClock,
    };
  },
  handle: registerTaskToken,
  isExpected: isRunLeft,
});
