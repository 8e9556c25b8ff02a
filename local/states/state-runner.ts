import { randomUUID } from 'node:crypto';
import { atPath, chosen, filled, takerOf, timeoutSeconds, waitsForToken } from '../../statemachines/interpret.ts';
import { FunctionError } from '../function-thread.ts';
import type { Json, State } from './definition.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { Machines } from './machines.ts';

interface Retrier {
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
}

interface Parts {
  now: () => number;
  invoke: (arn: string, payload: unknown) => Promise<unknown>;
  machines: Machines;
  executions: Executions;
  isStopped: () => boolean;
}

/** Runs an execution in its state: the subset of the States Language that Cairn emits. */
export class StateRunner {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async run(execution: Execution): Promise<void> {
    const { executions } = this.parts;
    const state = this.parts.machines.stateOf(execution);
    switch (state.Type) {
      case 'Wait': {
        const until = Date.parse(String(atPath(String(state.TimestampPath), execution.data)));
        return executions.rest(execution, until, 'until');
      }
      case 'Choice':
        return executions.enter(execution, chosen(state, execution.data), execution.data);
      case 'Succeed':
        return executions.end(execution, 'SUCCEEDED');
      case 'Fail':
        return executions.end(execution, 'FAILED');
      default:
        return this.task(execution, state);
    }
  }

  /** A Wait has passed, a retry is due, or a token has timed out. */
  expire(execution: Execution): void {
    const { executions } = this.parts;
    const state = this.parts.machines.stateOf(execution);
    if (execution.phase === 'token') this.fail(execution, state, 'States.Timeout');
    else if (state.Type === 'Wait') executions.leave(execution, state, execution.data);
    else executions.resume(execution);
  }

  private async task(execution: Execution, state: State): Promise<void> {
    const { executions, invoke } = this.parts;
    const token = waitsForToken(state) ? randomUUID() : undefined;
    const { FunctionName, Payload } = filled(state.Parameters, execution.data, contextOf(execution, token)) as {
      FunctionName: string;
      Payload: unknown;
    };
    const { enteredAt } = execution;
    const hasGoneOn = this.hasGoneOn(execution);
    if (token !== undefined) executions.giveToken(execution, token);
    try {
      const result = await invoke(FunctionName, Payload);
      if (hasGoneOn()) return;
      if (token === undefined)
        executions.leave(execution, state, state.OutputPath === '$.Payload' ? result : execution.data);
      else if (execution.token === token)
        executions.rest(execution, enteredAt + timeoutSeconds(state, execution.data) * 1000, 'token');
    } catch (error) {
      if (hasGoneOn()) return;
      this.fail(execution, state, error instanceof FunctionError ? error.errorType : 'States.TaskFailed');
    }
  }

  /** Whether the execution was resolved or stopped, or has moved on otherwise, since this call. */
  private hasGoneOn(execution: Execution): () => boolean {
    const { transitions } = execution;
    return () =>
      this.parts.isStopped() ||
      execution.status !== 'RUNNING' ||
      execution.transitions !== transitions ||
      execution.phase !== 'running';
  }

  private fail(execution: Execution, state: State, error: string): void {
    const { executions, now } = this.parts;
    executions.forgetToken(execution);
    const retrier: Retrier | undefined = takerOf('Retry', state, error);
    if (retrier !== undefined && execution.retries < (retrier.MaxAttempts ?? 3)) {
      const delay = Math.min(
        (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** execution.retries,
        retrier.MaxDelaySeconds ?? 86_400,
      );
      execution.retries += 1;
      executions.rest(execution, now() + delay * 1000, 'until');
      return;
    }
    const catcher = takerOf('Catch', state, error);
    if (catcher !== undefined) executions.enter(execution, String(catcher.Next), execution.data);
    else executions.end(execution, 'FAILED');
  }
}

const contextOf = (execution: Execution, token: string | undefined): Json => ({
  Execution: { Id: execution.arn, Name: execution.name },
  State: {
    Name: execution.state,
    EnteredTime: new Date(execution.enteredAt).toISOString(),
    RetryCount: execution.retries,
  },
  Task: { Token: token },
});
