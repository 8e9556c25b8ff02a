import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  type SFNClient,
  StateMachineAlreadyExists,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import type { StateMachineDefinition } from '../../../statemachines/compile.ts';

export type Machines = ReturnType<typeof machines>;

/** The journeys' state machines. `arnPrefix` = `arn:aws:states:<region>:<account>:stateMachine:`. */
export function machines(client: SFNClient, options: { arnPrefix: string; roleArn: string }) {
  const { roleArn } = options;
  return {
    /** Idempotent by name. One of that name with another definition is of an earlier, broken-off publish: nothing runs on it yet, so it is replaced. */
    async create(name: string, definition: StateMachineDefinition): Promise<void> {
      const json = JSON.stringify(definition);
      try {
        await client.send(new CreateStateMachineCommand({ name, definition: json, roleArn, type: 'STANDARD' }));
      } catch (error) {
        if (!(error instanceof StateMachineAlreadyExists)) throw error;
        await client.send(
          new UpdateStateMachineCommand({ stateMachineArn: `${options.arnPrefix}${name}`, definition: json, roleArn }),
        );
      }
    },

    /** Ends running executions: only for versions that nobody walks any more. */
    async remove(name: string): Promise<void> {
      await client.send(new DeleteStateMachineCommand({ stateMachineArn: `${options.arnPrefix}${name}` }));
    },
  };
}
