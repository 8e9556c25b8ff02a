import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  type SFNClient,
  StateMachineAlreadyExists,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { MACHINE_TAG } from '../../core/runs/machine-tag.ts';
import type { Machines } from '../../engine/definitions/ports.ts';
import type { StateMachineDefinition } from '../../statemachines/compile.ts';

/**
 * The journeys' state machines. `arnPrefix` = `arn:aws:states:<region>:<account>:stateMachine:`; `prefix`: that of the deployment, which tags them.
 */
export function machines(
  client: SFNClient,
  options: { arnPrefix: string; roleArn: string; prefix: string; isTraced?: boolean },
): Machines {
  const { roleArn, isTraced = false } = options;
  const tracingConfiguration = { enabled: isTraced };
  const tags = [{ key: MACHINE_TAG, value: options.prefix }];
  return {
    async create(name: string, definition: StateMachineDefinition): Promise<void> {
      const json = JSON.stringify(definition);
      try {
        await client.send(
          new CreateStateMachineCommand({
            name,
            definition: json,
            roleArn,
            type: 'STANDARD',
            tags,
            tracingConfiguration,
          }),
        );
      } catch (error) {
        if (!(error instanceof StateMachineAlreadyExists)) throw error;
        await client.send(
          new UpdateStateMachineCommand({
            stateMachineArn: `${options.arnPrefix}${name}`,
            definition: json,
            roleArn,
            tracingConfiguration,
          }),
        );
      }
    },

    ...removedMachines(client, options.arnPrefix),
  };
}

/** For whoever only removes them. One that is not there is removed. */
export const removedMachines = (client: SFNClient, arnPrefix: string): Pick<Machines, 'remove'> => ({
  async remove(name: string): Promise<void> {
    await client.send(new DeleteStateMachineCommand({ stateMachineArn: `${arnPrefix}${name}` }));
  },
});
