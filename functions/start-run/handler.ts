import { executions } from '../../adapters/executions.sfn.ts';
import { runStore } from '../../adapters/runs.dynamo.ts';
import { throttles } from '../../adapters/throttle.dynamo.ts';
import { EnrolmentMessageSchema } from '../../core/runs/run.ts';
import { enrol } from '../../engine/runs/enrol.ts';
import { dynamo, pacedSfn } from '../../runtime/aws.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { runDeps } from '../../runtime/wiring/runs-wire.ts';
import { EnvSchema } from './env.ts';

/** SQS `enrolments` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: EnrolmentMessageSchema,
  build: (env) => ({
    ...runDeps(env),
    runs: runStore(dynamo(), env.RUNS_TABLE),
    throttles: throttles(dynamo(), env.CATALOG_TABLE),
    executions: executions(pacedSfn(), { machinePrefix: env.STATE_MACHINE_ARN_PREFIX }),
    machinePrefix: env.MACHINE_PREFIX,
  }),
  handle: enrol,
});
