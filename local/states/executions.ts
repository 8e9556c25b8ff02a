import type { State } from './definition.ts';
import { EndedExecutions } from './ended-executions.ts';
import type { EndedExecution, Execution } from './execution.ts';
import type { Journal } from './journal.ts';
import { RestingExecutions } from './resting-executions.ts';

interface Options {
  now: () => number;
  onChange: () => void;
  onEnd: (execution: Execution) => void;
  journal: Journal;
}

/** All executions, and how each moves from state to state. Every change is written to the journal. */
export class Executions {
  readonly ready = new Set<Execution>();
  readonly resting = new RestingExecutions();
  private readonly options: Options;
  private readonly running = new Map<string, Execution>();
  private readonly over: EndedExecutions;
  private readonly tokens = new Map<string, Execution>();
  private entered = 0;

  constructor(options: Options) {
    this.options = options;
    const { journal } = options;
    this.over = new EndedExecutions((arns) => journal.forget(arns));
    for (const execution of journal.ended()) this.over.add(execution);
    for (const execution of journal.executions()) this.restore(execution);
  }

  all(): Iterable<Execution> {
    return this.running.values();
  }

  /** The newest ended executions. */
  ended(): Iterable<EndedExecution> {
    return this.over.values();
  }

  find(arn: string): Execution | undefined {
    return this.running.get(arn);
  }

  hasEnded(arn: string): boolean {
    return this.over.has(arn);
  }

  /** The execution that rests for this token. */
  withToken(token: string): Execution | undefined {
    return this.tokens.get(token);
  }

  /** States entered since the start, or the last reset. */
  transitions(): number {
    return this.entered;
  }

  add(execution: Execution): void {
    this.running.set(execution.arn, execution);
    this.enter(execution, execution.state, execution.data);
  }

  enter(execution: Execution, state: string, data: unknown): void {
    execution.state = state;
    execution.data = data;
    execution.enteredAt = this.options.now();
    execution.retries = 0;
    execution.transitions += 1;
    this.entered += 1;
    this.forgetToken(execution);
    this.makeReady(execution);
    this.options.journal.save(execution);
    this.options.onChange();
  }

  leave(execution: Execution, state: State, data: unknown): void {
    if (state.End === true) this.end(execution, 'SUCCEEDED');
    else this.enter(execution, String(state.Next), data);
  }

  rest(execution: Execution, until: number, phase: 'until' | 'token'): void {
    execution.phase = phase;
    execution.until = until;
    this.resting.add(execution);
    this.options.journal.save(execution);
    this.options.onChange();
  }

  /** A retry is due: the execution enters the same state again. */
  resume(execution: Execution): void {
    this.resting.delete(execution);
    this.makeReady(execution);
  }

  end(execution: Execution, status: Execution['status']): void {
    if (execution.status !== 'RUNNING') return;
    this.forgetToken(execution);
    this.ready.delete(execution);
    execution.status = status;
    execution.endedAt = this.options.now();
    this.running.delete(execution.arn);
    this.options.journal.end(execution);
    this.over.add(execution);
    this.options.onEnd(execution);
    this.options.onChange();
  }

  /** The token is valid from now on: it may be resolved while the function still runs. */
  giveToken(execution: Execution, token: string): void {
    execution.token = token;
    this.tokens.set(token, execution);
  }

  forgetToken(execution: Execution): void {
    if (execution.token !== undefined) this.tokens.delete(execution.token);
    this.resting.delete(execution);
    execution.token = undefined;
    execution.until = undefined;
  }

  clear(): void {
    // Results of functions that still run are ignored.
    for (const execution of this.running.values()) execution.status = 'ABORTED';
    for (const kept of [this.running, this.over, this.tokens, this.ready, this.resting]) kept.clear();
    this.entered = 0;
  }

  private makeReady(execution: Execution): void {
    execution.phase = 'ready';
    this.ready.add(execution);
  }

  private restore(execution: Execution): void {
    // An earlier version has left it here.
    if (execution.status !== 'RUNNING') {
      this.options.journal.end(execution);
      this.over.add(execution);
      return;
    }
    this.running.set(execution.arn, execution);
    if (execution.token !== undefined) this.tokens.set(execution.token, execution);
    // An execution that was running when the process ended runs its step again, as a Lambda retry would.
    if (execution.phase === 'running' || execution.phase === 'ready') this.makeReady(execution);
    else this.resting.add(execution);
  }
}
