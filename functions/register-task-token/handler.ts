import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { isRunLeft } from '../../engine/runs/deps.ts';
import { registerTaskToken } from '../../engine/runs/register-task-token.ts';
import { dynamo, sfn } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { followedCatalog } from '../../runtime/wiring/followed-catalog.ts';
import { EnvSchema } from './env.ts';

/** The function of a `waitForTaskToken` Task: a retry comes with a new token and a higher attempt. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => {
    const tables = dynamo();
    return {
      runs: runStore(tables, env.RUNS_TABLE),
      profiles: profileStore(tables, env.PROFILES_TABLE),
      catalog: followedCatalog(tables, env),
      executions: executions(sfn()),
      clock: systemClock,
    };
  },
  handle: registerTaskToken,
  isExpected: isRunLeft,
});
