import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { removeMachines } from '../../adapters/stepfunctions/remove-machines.ts';
import { patientSfn } from '../../runtime/aws.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

/** Custom resource of the engine stack: when that is destroyed, the journeys' machines, which the API made at run time, go with it. May come twice. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    states: patientSfn(),
    stacks: new CloudFormationClient({ maxAttempts: 5 }),
    prefix: env.MACHINE_PREFIX,
  }),
  handle: removeMachines,
});
