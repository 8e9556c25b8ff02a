import type { ExecutionState } from '../../core/runs/run.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { ReservedError } from '../../engine/runs/ports.ts';
import { registerTaskToken } from '../../engine/runs/register-task-token.ts';
import type { SimulatedDependencies } from './simulated-dependencies.ts';
import type { Execution, SimulatedExecutions } from './simulated-executions.ts';
import type { SimulatedInvocations } from './simulated-invocations.ts';
import type { SimulationState } from './simulation-state.ts';

/** Step Functions: time until a failed Task has been retried several times. */
const RETRIED_MS = 62_000;

/** The Task states of executions: `advance-run` and `register-task-token`. */
export class SimulatedExecutionTasks {
  private readonly state: SimulationState;
  private readonly invocations: SimulatedInvocations;
  private readonly executions: SimulatedExecutions;
  private readonly deps: SimulatedDependencies;

  constructor(
    state: SimulationState,
    invocations: SimulatedInvocations,
    executions: SimulatedExecutions,
    deps: SimulatedDependencies,
  ) {
    this.state = state;
    this.invocations = invocations;
    this.executions = executions;
    this.deps = deps;
  }

  /** A Task state: it is retried with the same input after a death, and succeeds if the run was left. */
  async walk(execution: Execution): Promise<void> {
    const { next } = execution;
    execution.underWay = next;
    try {
      const done = await (next.do === 'arm'
        ? this.walkArm(execution, next)
        : this.walkStep(execution, next as Extract<Execution['next'], { do: 'step' }>));
      const { abort, once } = this.state.faultRates;
      if (!done && !execution.done && (once?.isLost || this.state.random() < abort)) this.executions.fail(execution);
    } catch (error) {
      if (!(error instanceof RunLeft)) throw error;
      // An answer of a Task after its timeout is ignored.
      if (execution.next === next) execution.done = true;
    } finally {
      if (execution.underWay === next) execution.underWay = undefined;
    }
  }

  private async walkStep(execution: Execution, next: Extract<Execution['next'], { do: 'step' }>): Promise<boolean> {
    const { state } = execution;
    const input = {
      entry: state.entry,
      leg: state.leg,
      n: state.n,
      stop: state.next,
      cause: next.cause,
      enteredAt: new Date(next.enteredAt).toISOString(),
    };
    let after: ExecutionState | undefined;
    let isReserved = false;
    const done = await this.invocations.invoke(async (invocation) => {
      try {
        after = await advanceRun(this.deps.runDeps(invocation), input);
      } catch (error) {
        if (!(error instanceof ReservedError)) throw error;
        isReserved = true;
      }
    });
    // Step Functions retries with growing delays.
    if (isReserved) execution.retryAt = this.state.now + RETRIED_MS;
    if (isReserved) return false;
    if (done && after !== undefined && !execution.done) this.executions.rest(execution, after);
    return done;
  }

  private async walkArm(execution: Execution, next: Extract<Execution['next'], { do: 'arm' }>): Promise<boolean> {
    const { state } = execution;
    const { attempt } = next;
    execution.token = this.executions.newToken();
    const input = { entry: state.entry, leg: state.leg, n: state.n, stop: state.next, token: execution.token, attempt };
    const done = await this.invocations.invoke((invocation) => registerTaskToken(this.deps.armDeps(invocation), input));
    // It may have been resolved, or have timed out, while its token was being stored.
    if (execution.next === next) execution.next = done ? { do: 'rest' } : { do: 'arm', attempt: attempt + 1 };
    return done;
  }
}
