import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { removeMachines } from '../../adapters/stepfunctions/remove-machines.ts';
import { retryingSfn } from '../../runtime/aws.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

/**
 * Custom resource of the engine stack: when the stack is destroyed, the journeys' state machines, which the API created at run time, are deleted too.
 * May be invoked twice.
 */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({
    states: retryingSfn(),
    stacks: new CloudFormationClient({ maxAttempts: 5 }),
    prefix: env.MACHINE_PREFIX,
  }),
  handle: removeMachines,
});
