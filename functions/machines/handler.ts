import { DeleteStateMachineCommand } from '@aws-sdk/client-sfn';
import { machineArns } from '../shared/adapters/lost-executions.sfn.ts';
import { sfn } from '../shared/aws.ts';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

/** What CloudFormation's provider framework sends of a custom resource. */
interface ResourceRequest {
  RequestType: 'Create' | 'Update' | 'Delete';
  PhysicalResourceId?: string;
}

/** Custom resource: when the stack is destroyed, the journeys' machines, which the API made at run time, go with it. May come twice. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => ({ client: sfn(), prefix: `${env.MACHINE_PREFIX}-` }),
  handle: async ({ client, prefix }, request: ResourceRequest): Promise<{ PhysicalResourceId: string }> => {
    const done = { PhysicalResourceId: request.PhysicalResourceId ?? `${prefix}machines` };
    if (request.RequestType !== 'Delete') return done;
    for await (const stateMachineArn of machineArns(client, prefix))
      await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    return done;
  },
});
