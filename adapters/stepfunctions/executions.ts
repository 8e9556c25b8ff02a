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

/** By name: bundles keep no class for them. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const REFUSALS = new Set(['ThrottlingException', 'ExecutionLimitExceeded']);

export type Executions = ReturnType<typeof executions>;

/** Starts, resolves and stops the executions behind runs. "Already done" answers are success. */
export function executions(client: SFNClient, arns: { machinePrefix: string } = { machinePrefix: '' }) {
  return {
    /**
     * `machine` is a name; the execution's name derives from entry and leg, so a repeat starts nothing. False: Step Functions takes no more now,
     * for the rate or for the number of open executions.
     */
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

    /** The output is ignored: the next step takes its way from the claim. */
    async resolve(token: string): Promise<void> {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: token, output: '{}' }));
      } catch (error) {
        const done =
          error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
        if (!done) throw error;
      }
    },

    /** Tidying: the run item is closed already. */
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
