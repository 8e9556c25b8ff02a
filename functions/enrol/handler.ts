import { EnrolmentMessageSchema } from '../../core/runs/run.ts';
import { executions } from '../shared/adapters/executions.sfn.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { throttles } from '../shared/adapters/throttle.dynamo.ts';
import { dynamo, pacedSfn } from '../shared/aws.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { runDeps } from '../shared/runs/wire.ts';
import { enrol } from './enrol.ts';
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
