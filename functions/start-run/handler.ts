import { pilotStore } from '../../adapters/dynamo/pilots.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { throttles } from '../../adapters/dynamo/throttle.ts';
import { executions } from '../../adapters/stepfunctions/executions.ts';
import { EnrolmentMessageSchema } from '../../core/runs/run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { dynamo, pacedSfn } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { runDeps } from '../../runtime/wiring/runs.ts';
import { EnvSchema } from './env.ts';

/** SQS `enrolments` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: EnrolmentMessageSchema,
  build: (env) => ({
    ...runDeps(env),
    runs: runStore(dynamo(), env.RUNS_TABLE),
    throttles: throttles(dynamo(), env.CATALOG_TABLE),
    pilots: pilotStore(dynamo(), env.CATALOG_TABLE),
    executions: executions(pacedSfn(), { machinePrefix: env.STATE_MACHINE_ARN_PREFIX }),
    machinePrefix: env.MACHINE_PREFIX,
  }),
  handle: startRun,
});
