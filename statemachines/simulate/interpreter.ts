import type { EpochMs } from '../../core/ids.ts';
import type { State, StateMachineDefinition } from '../definition.ts';
import { atPath, chosen, filled, takerOf, timeoutSeconds, waitsForToken } from '../interpret.ts';

export interface InterpreterPorts {
  now(): EpochMs;
  /** Runs this at that instant, or now if it has passed. */
  later(at: EpochMs, work: () => Promise<void>): void;
  /** Calls a function. `Catch` matches an error by its `name`. */
  invoke(functionArn: string, payload: unknown): Promise<unknown>;
}

interface Execution {
  machine: StateMachineDefinition;
  state: string;
  data: unknown;
  enteredAt: EpochMs;
  /** Number of entered states: work that was scheduled for an earlier one is ignored. */
  visit: number;
  isOver: boolean;
  /** Token of the task at rest. It may be resolved while its function still runs, or while the execution rests. */
  token?: { value: string; rests: boolean; resolved: boolean };
}

/** A function, or the machine itself, failed with an error that no state catches: in a simulation that is our own fault. */
export class ExecutionFailedError extends Error {
  override readonly name = 'ExecutionFailedError';
}

/** Step Functions as far as we use it, on the simulation's clock. There are no temporary faults in it, so nothing is retried. */
export class Interpreter {
  /** States entered: what AWS bills. */
  transitions = 0;
  readonly #ports: InterpreterPorts;
  readonly #executions = new Map<string, Execution>();
  readonly #tokens = new Map<string, Execution>();
  #issued = 0;

  constructor(ports: InterpreterPorts) {
    this.#ports = ports;
  }

  /** Runs until it first rests or ends. */
  start(machine: StateMachineDefinition, name: string, input: unknown): Promise<void> {
    const execution = { machine, state: machine.StartAt, data: input, enteredAt: 0, visit: 0, isOver: false };
    this.#executions.set(name, execution);
    return this.#enter(execution, machine.StartAt, input);
  }

  /** SendTaskSuccess; one that is over already changes nothing. */
  async resolve(token: string): Promise<void> {
    const execution = this.#tokens.get(token);
    if (execution?.token === undefined) return;
    if (execution.token.rests) return this.#leave(execution, stateOf(execution), execution.data);
    execution.token.resolved = true;
  }

  /** StopExecution; of one that rests or is over, for nothing else is being done meanwhile. */
  stop(name: string): void {
    const execution = this.#executions.get(name);
    if (execution === undefined) return;
    execution.isOver = true;
    if (execution.token !== undefined) this.#tokens.delete(execution.token.value);
  }

  async #enter(execution: Execution, name: string, data: unknown): Promise<void> {
    if (execution.token !== undefined) this.#tokens.delete(execution.token.value);
    this.transitions += 1;
    Object.assign(execution, { state: name, data, enteredAt: this.#ports.now(), token: undefined });
    execution.visit += 1;
    const state = stateOf(execution);
    switch (state.Type) {
      case 'Wait':
        return this.#rest(execution, Date.parse(String(atPath(String(state.TimestampPath), data))), () =>
          this.#leave(execution, state, data),
        );
      case 'Choice':
        return this.#enter(execution, chosen(state, data), data);
      case 'Task':
        return this.#task(execution, state);
      case 'Succeed':
        execution.isOver = true;
        return;
      case 'Fail':
        throw new ExecutionFailedError(`the machine came to ${name}: ${state.Cause}`);
    }
  }

  #rest(execution: Execution, until: EpochMs, then: () => Promise<void>): void {
    const { visit } = execution;
    this.#ports.later(until, async () => {
      if (!execution.isOver && execution.visit === visit) await then();
    });
  }

  async #leave(execution: Execution, state: State, data: unknown): Promise<void> {
    if (state.End === true) execution.isOver = true;
    else await this.#enter(execution, String(state.Next), data);
  }

  async #task(execution: Execution, state: State): Promise<void> {
    const token = waitsForToken(state) ? this.#issue(execution) : undefined;
    // Our own compiler wrote `Parameters`.
    const { FunctionName, Payload } = filled(state.Parameters, execution.data, contextOf(execution)) as {
      FunctionName: string;
      Payload: unknown;
    };
    let result: unknown;
    try {
      result = await this.#ports.invoke(FunctionName, Payload);
    } catch (error) {
      return this.#fail(execution, state, error);
    }
    if (token === undefined)
      return this.#leave(execution, state, state.OutputPath === '$.Payload' ? result : execution.data);
    if (token.resolved) return this.#leave(execution, state, execution.data);
    token.rests = true;
    const until = execution.enteredAt + timeoutSeconds(state, execution.data) * 1000;
    this.#rest(execution, until, () => this.#fail(execution, state, TIMEOUT));
  }

  #issue(execution: Execution): NonNullable<Execution['token']> {
    this.#issued += 1;
    const token = { value: `token-${this.#issued}`, rests: false, resolved: false };
    execution.token = token;
    this.#tokens.set(token.value, execution);
    return token;
  }

  async #fail(execution: Execution, state: State, error: unknown): Promise<void> {
    const name = error instanceof Error ? error.name : String(error);
    // Only errors that are caught by name are expected: an error for `States.ALL` is a fault here.
    const catcher = takerOf('Catch', state, name);
    if (catcher === undefined || !JSON.stringify(catcher.ErrorEquals).includes(name)) throw error;
    await this.#enter(execution, String(catcher.Next), execution.data);
  }
}

const TIMEOUT = Object.assign(new Error('its time is over'), { name: 'States.Timeout' });

function stateOf({ machine, state }: Execution): State {
  const found = machine.States[state];
  if (found === undefined) throw new ExecutionFailedError(`the machine has no state ${state}`);
  return found;
}

const contextOf = ({ state, enteredAt, token }: Execution): Record<string, unknown> => ({
  State: { Name: state, EnteredTime: new Date(enteredAt).toISOString(), RetryCount: 0 },
  Task: { Token: token?.value },
});
