import type { EpochMs } from '../../core/ids.ts';
import type { ExecutionState, StepInput } from '../../core/runs/run.ts';
import type { SimulatedQueues } from './simulated-queues.ts';
import type { SimulationState } from './simulation-state.ts';

export interface Execution {
  name: string;
  machine: string;
  state: ExecutionState;
  /** Next step of the execution, and its instant. */
  next: { do: 'rest' } | { do: 'step'; cause: StepInput['cause']; enteredAt: EpochMs } | { do: 'arm'; attempt: number };
  until: EpochMs;
  token?: string;
  /** Its Task failed, and is retried then. */
  retryAt?: EpochMs;
  /** Step that is being executed. */
  underWay?: Execution['next'];
  done: boolean;
}

/** Step Functions' executions of journeys, and how one goes from state to state. */
export class SimulatedExecutions {
  readonly executions = new Map<string, Execution>();
  private tokens = 0;
  private readonly state: SimulationState;
  private readonly queues: SimulatedQueues;

  constructor(state: SimulationState, queues: SimulatedQueues) {
    this.state = state;
    this.queues = queues;
  }

  /** Returns a token that no execution has had. */
  newToken(): string {
    this.tokens += 1;
    return `token-${this.tokens}`;
  }

  start(machine: string, state: ExecutionState): void {
    const name = `${state.entry}-${state.leg}`;
    if (this.executions.has(name)) return;
    const journey = /-(.+)-v\d+r?$/.exec(machine)?.[1] ?? '';
    const execution: Execution = { name, machine: journey, state, next: { do: 'rest' }, until: 0, done: false };
    this.executions.set(name, execution);
    this.rest(execution, state);
  }

  rest(execution: Execution, state: ExecutionState): void {
    execution.state = state;
    execution.token = undefined;
    if (state.next === 'end') {
      execution.done = true;
      return;
    }
    execution.until = Date.parse(state.until ?? '');
    const type = this.state.rules.journeys[execution.machine]?.definition.nodes[state.next]?.type;
    if (type === undefined) throw new Error(`${execution.machine} has no state ${state.next}`);
    execution.next = type === 'wait' ? { do: 'rest' } : { do: 'arm', attempt: 0 };
  }

  /** A Wait has passed, or a token has timed out. */
  async expire(execution: Execution): Promise<void> {
    const isToken = execution.token !== undefined;
    execution.token = undefined;
    execution.next = { do: 'step', cause: isToken ? 'timeout' : 'wait', enteredAt: this.state.now };
  }

  /** A token that was resolved or has timed out matches no execution. */
  resolve(token: string): void {
    for (const execution of this.executions.values()) {
      if (execution.token !== token || execution.done) continue;
      execution.token = undefined;
      execution.next = { do: 'step', cause: 'token', enteredAt: this.state.now };
    }
  }

  fail(execution: Execution, status: 'FAILED' | 'ABORTED' = 'FAILED'): void {
    execution.done = true;
    this.queues.push({ kind: 'failed', body: { detail: { name: execution.name, status } }, readyAt: this.state.now });
  }

  abort(name: string): void {
    const execution = this.executions.get(name);
    if (execution?.done === false) this.fail(execution, 'ABORTED');
  }
}
