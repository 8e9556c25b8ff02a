import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { type EntryId, executionNameOf } from '../../core/ids.ts';
import type { ExecutionState } from '../../core/runs/run.ts';
import type { Executions } from '../../engine/runs/ports.ts';

/** Error names, since bundles contain no classes for them. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const REFUSALS = new Set(['ThrottlingException', 'ExecutionLimitExceeded']);

/** Starts, resolves and stops the executions of runs. A call whose work was done before succeeds. */
export function executions(client: SFNClient, arns: { machinePrefix: string } = { machinePrefix: '' }): Executions {
  return {
    async start(machine: string, state: ExecutionState): Promise<boolean> {
      try {
        await client.send(
          new StartExecutionCommand({
            stateMachineArn: `${arns.machinePrefix}${machine}`,
            name: executionNameOf(state.entry, state.leg),
            input: JSON.stringify(state),
          }),
        );
      } catch (error) {
        if (error instanceof Error && REFUSALS.has(error.name)) return false;
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
      return true;
    },

    async resolve(token: string): Promise<void> {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: token, output: '{}' }));
      } catch (error) {
        const done =
          error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
        if (!done) throw error;
      }
    },

    async stop(machine: string, entry: EntryId, leg: number): Promise<void> {
      const executionArn = `${arns.machinePrefix.replace(':stateMachine:', ':execution:')}${machine}:${executionNameOf(entry, leg)}`;
      try {
        await client.send(new StopExecutionCommand({ executionArn, cause: 'the run was closed' }));
      } catch (error) {
        if (!(error instanceof ExecutionDoesNotExist)) throw error;
      }
    },
  };
}
