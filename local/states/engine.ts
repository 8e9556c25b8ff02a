import { randomUUID } from 'node:crypto';
import { atPath, chosen, filled, takerOf, timeoutSeconds, waitsForToken } from '../../statemachines/interpret.ts';
import { FunctionError } from '../function-thread.ts';
import type { Json, State } from './definition.ts';
import { EndedExecutions } from './ended-executions.ts';
import { arnOf, type EndedExecution, type Execution } from './execution.ts';
import type { Journal } from './journal.ts';
import { Machines } from './machines.ts';
import { RestingExecutions } from './resting-executions.ts';

interface Retrier {
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
}

interface Options {
  now: () => number;
  invoke: (arn: string, payload: unknown) => Promise<unknown>;
  onChange: () => void;
  onEnd: (execution: Execution) => void;
  journal: Journal;
}

const MAX_CONCURRENCY = 12;

export const startEngine = (options: Options): Engine => new Engine(options);

/** Step Functions on the cloud's clock: the subset of the States Language that Cairn emits. */
export class Engine {
  private readonly options: Options;
  private readonly now: () => number;
  private readonly journal: Journal;
  private readonly known: Machines;
  private readonly running = new Map<string, Execution>();
  private readonly over: EndedExecutions;
  private readonly tokens = new Map<string, Execution>();
  private readonly ready = new Set<Execution>();
  private readonly resting = new RestingExecutions();
  /** How many do something now. */
  private active = 0;
  private entered = 0;
  private isStopped = false;

  constructor(options: Options) {
    this.options = options;
    this.now = options.now;
    this.journal = options.journal;
    this.over = new EndedExecutions((arns) => this.journal.forget(arns));
    this.known = new Machines(this.journal);
    for (const execution of this.journal.ended()) this.over.add(execution);
    for (const execution of this.journal.executions()) this.restore(execution);
  }

  define(name: string, text: string): void {
    this.known.define(name, text);
  }

  redefine(name: string, text: string): boolean {
    if (!this.known.has(name)) return false;
    this.known.define(name, text);
    return true;
  }

  undefine(name: string): void {
    this.known.undefine(name);
    for (const execution of this.running.values()) if (execution.machine === name) this.end(execution, 'ABORTED');
  }

  machines(): { name: string; definition: string }[] {
    return this.known.list();
  }

  start(machine: string, name: string, input: string): 'started' | 'exists' | 'unknown' {
    const definition = this.known.definitionOf(machine);
    if (definition === undefined) return 'unknown';
    const arn = arnOf('execution', `${machine}:${name}`);
    if (this.running.has(arn) || this.over.has(arn)) return 'exists';
    const execution: Execution = {
      arn,
      machine,
      name,
      input,
      status: 'RUNNING',
      state: definition.StartAt,
      data: JSON.parse(input),
      enteredAt: this.now(),
      retries: 0,
      phase: 'ready',
      transitions: 0,
      startedAt: this.now(),
    };
    this.running.set(arn, execution);
    this.enter(execution, definition.StartAt, execution.data);
    return 'started';
  }

  stopExecution(arn: string): boolean {
    const execution = this.running.get(arn);
    if (execution !== undefined) this.end(execution, 'ABORTED');
    return execution !== undefined || this.over.has(arn);
  }

  resolve(token: string): 'done' | 'gone' {
    const execution = this.tokens.get(token);
    if (execution?.status !== 'RUNNING') return 'gone';
    const state = this.known.stateOf(execution);
    this.forgetToken(execution);
    this.leave(execution, state, execution.data);
    return 'done';
  }

  /** The running executions. */
  executions(): Iterable<Execution> {
    return this.running.values();
  }

  /** The newest ended executions. */
  ended(): Iterable<EndedExecution> {
    return this.over.values();
  }

  /** Whether any execution has work at this instant. */
  isBusy(): boolean {
    return this.active > 0 || this.ready.size > 0 || this.resting.next() <= this.now();
  }

  /** Number of executions with work at this instant. */
  backlog(): number {
    return this.active + this.ready.size + this.resting.countDue(this.now());
  }

  /** Starts due work; returns at once. */
  pump(): void {
    if (this.isStopped) return;
    for (const execution of this.resting.due(this.now())) this.expire(execution);
    for (const execution of this.ready) {
      if (this.active >= MAX_CONCURRENCY) return;
      this.ready.delete(execution);
      execution.phase = 'running';
      this.active += 1;
      void this.run(execution)
        .catch((error: unknown) => {
          if (this.isStopped) return;
          console.error(`execution ${execution.name} failed:`, error);
          this.end(execution, 'FAILED');
        })
        .finally(() => {
          this.active -= 1;
          this.options.onChange();
        });
    }
  }

  nextInstant(): number | undefined {
    const next = this.resting.next();
    return Number.isFinite(next) ? next : undefined;
  }

  /** States entered since the start, or the last reset. */
  transitions(): number {
    return this.entered;
  }

  reset(): void {
    // Results of functions that still run are ignored.
    for (const execution of this.running.values()) execution.status = 'ABORTED';
    for (const kept of [this.known, this.running, this.over, this.tokens, this.ready, this.resting]) kept.clear();
    this.entered = 0;
    this.journal.reset();
  }

  /** Stops: nothing is executed or stored any more. */
  stop(): void {
    this.isStopped = true;
  }

  private restore(execution: Execution): void {
    // An earlier version has left it here.
    if (execution.status !== 'RUNNING') {
      this.journal.end(execution);
      this.over.add(execution);
      return;
    }
    this.running.set(execution.arn, execution);
    if (execution.token !== undefined) this.tokens.set(execution.token, execution);
    // An execution that was running when the process ended runs its step again, as a Lambda retry would.
    if (execution.phase === 'running' || execution.phase === 'ready') {
      execution.phase = 'ready';
      this.ready.add(execution);
    } else this.resting.add(execution);
  }

  private enter(execution: Execution, state: string, data: unknown): void {
    execution.state = state;
    execution.data = data;
    execution.enteredAt = this.now();
    execution.retries = 0;
    execution.transitions += 1;
    this.entered += 1;
    execution.phase = 'ready';
    this.forgetToken(execution);
    this.ready.add(execution);
    this.journal.save(execution);
    this.options.onChange();
  }

  private forgetToken(execution: Execution): void {
    if (execution.token !== undefined) this.tokens.delete(execution.token);
    this.resting.delete(execution);
    execution.token = undefined;
    execution.until = undefined;
  }

  private end(execution: Execution, status: Execution['status']): void {
    if (execution.status !== 'RUNNING') return;
    this.forgetToken(execution);
    this.ready.delete(execution);
    execution.status = status;
    execution.endedAt = this.now();
    this.running.delete(execution.arn);
    this.journal.end(execution);
    this.over.add(execution);
    this.options.onEnd(execution);
    this.options.onChange();
  }

  private leave(execution: Execution, state: State, data: unknown): void {
    if (state.End === true) this.end(execution, 'SUCCEEDED');
    else this.enter(execution, String(state.Next), data);
  }

  private rest(execution: Execution, until: number, phase: 'until' | 'token'): void {
    execution.phase = phase;
    execution.until = until;
    this.resting.add(execution);
    this.journal.save(execution);
    this.options.onChange();
  }

  private async run(execution: Execution): Promise<void> {
    const state = this.known.stateOf(execution);
    switch (state.Type) {
      case 'Wait':
        return this.rest(execution, Date.parse(String(atPath(String(state.TimestampPath), execution.data))), 'until');
      case 'Choice':
        return this.enter(execution, chosen(state, execution.data), execution.data);
      case 'Succeed':
        return this.end(execution, 'SUCCEEDED');
      case 'Fail':
        return this.end(execution, 'FAILED');
      default:
        return this.task(execution, state);
    }
  }

  private async task(execution: Execution, state: State): Promise<void> {
    const token = waitsForToken(state) ? randomUUID() : undefined;
    const { FunctionName, Payload } = filled(state.Parameters, execution.data, contextOf(execution, token)) as {
      FunctionName: string;
      Payload: unknown;
    };
    const { enteredAt, transitions } = execution;
    const hasGoneOn = () =>
      this.isStopped ||
      execution.status !== 'RUNNING' ||
      execution.transitions !== transitions ||
      execution.phase !== 'running';
    if (token !== undefined) {
      // The token is valid from now on: it may be resolved while the function still runs.
      execution.token = token;
      this.tokens.set(token, execution);
    }
    try {
      const result = await this.options.invoke(FunctionName, Payload);
      // It was resolved or stopped, or has moved on otherwise.
      if (hasGoneOn()) return;
      if (token === undefined) this.leave(execution, state, state.OutputPath === '$.Payload' ? result : execution.data);
      else if (execution.token === token)
        this.rest(execution, enteredAt + timeoutSeconds(state, execution.data) * 1000, 'token');
    } catch (error) {
      if (hasGoneOn()) return;
      this.fail(execution, state, error instanceof FunctionError ? error.errorType : 'States.TaskFailed');
    }
  }

  private fail(execution: Execution, state: State, error: string): void {
    this.forgetToken(execution);
    const retrier: Retrier | undefined = takerOf('Retry', state, error);
    if (retrier !== undefined && execution.retries < (retrier.MaxAttempts ?? 3)) {
      const delay = Math.min(
        (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** execution.retries,
        retrier.MaxDelaySeconds ?? 86_400,
      );
      execution.retries += 1;
      this.rest(execution, this.now() + delay * 1000, 'until');
      return;
    }
    const catcher = takerOf('Catch', state, error);
    if (catcher !== undefined) this.enter(execution, String(catcher.Next), execution.data);
    else this.end(execution, 'FAILED');
  }

  /** A Wait has passed, a retry is due, or a token has timed out. */
  private expire(execution: Execution): void {
    const state = this.known.stateOf(execution);
    if (execution.phase === 'token') this.fail(execution, state, 'States.Timeout');
    else if (state.Type === 'Wait') this.leave(execution, state, execution.data);
    else {
      execution.phase = 'ready';
      this.resting.delete(execution);
      this.ready.add(execution);
    }
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
