import { TidyMessageSchema } from '../../core/runs/run.ts';
import { executions } from '../shared/adapters/executions.sfn.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { dynamo, patientSfn } from '../shared/aws.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { EnvSchema } from './env.ts';
import { tidy } from './tidy.ts';

/** SQS `tidy` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: TidyMessageSchema,
  build: (env) => ({
    runs: runStore(dynamo(), env.RUNS_TABLE),
    executions: executions(patientSfn(), { machinePrefix: env.STATE_MACHINE_ARN_PREFIX }),
    machinePrefix: env.MACHINE_PREFIX,
  }),
  handle: tidy,
});
