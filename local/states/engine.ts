import { arnOf, type EndedExecution, type Execution } from './execution.ts';
import { Executions } from './executions.ts';
import type { Journal } from './journal.ts';
import { Machines } from './machines.ts';
import { StateRunner } from './state-runner.ts';

interface Options {
  now: () => number;
  invoke: (arn: string, payload: unknown) => Promise<unknown>;
  onChange: () => void;
  onEnd: (execution: Execution) => void;
  journal: Journal;
}

const MAX_CONCURRENCY = 12;

export const startEngine = (options: Options): Engine => new Engine(options);

/** Step Functions on the cloud's clock. */
export class Engine {
  private readonly options: Options;
  private readonly now: () => number;
  private readonly journal: Journal;
  private readonly known: Machines;
  private readonly all: Executions;
  private readonly runner: StateRunner;
  /** How many do something now. */
  private active = 0;
  private isStopped = false;

  constructor(options: Options) {
    const { now, invoke, journal } = options;
    this.options = options;
    this.now = now;
    this.journal = journal;
    this.known = new Machines(journal);
    this.all = new Executions(options);
    this.runner = new StateRunner({
      now,
      invoke,
      machines: this.known,
      executions: this.all,
      isStopped: () => this.isStopped,
    });
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
    for (const execution of this.all.all()) if (execution.machine === name) this.all.end(execution, 'ABORTED');
  }

  machines(): { name: string; definition: string }[] {
    return this.known.list();
  }

  start(machine: string, name: string, input: string): 'started' | 'exists' | 'unknown' {
    const definition = this.known.definitionOf(machine);
    if (definition === undefined) return 'unknown';
    const arn = arnOf('execution', `${machine}:${name}`);
    if (this.all.find(arn) !== undefined || this.all.hasEnded(arn)) return 'exists';
    this.all.add({
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
    });
    return 'started';
  }

  stopExecution(arn: string): boolean {
    const execution = this.all.find(arn);
    if (execution !== undefined) this.all.end(execution, 'ABORTED');
    return execution !== undefined || this.all.hasEnded(arn);
  }

  resolve(token: string): 'done' | 'gone' {
    const execution = this.all.withToken(token);
    if (execution?.status !== 'RUNNING') return 'gone';
    const state = this.known.stateOf(execution);
    this.all.forgetToken(execution);
    this.all.leave(execution, state, execution.data);
    return 'done';
  }

  /** The running executions. */
  executions(): Iterable<Execution> {
    return this.all.all();
  }

  /** The newest ended executions. */
  ended(): Iterable<EndedExecution> {
    return this.all.ended();
  }

  /** Whether any execution has work at this instant. */
  isBusy(): boolean {
    return this.active > 0 || this.all.ready.size > 0 || this.all.resting.next() <= this.now();
  }

  /** Number of executions with work at this instant. */
  backlog(): number {
    return this.active + this.all.ready.size + this.all.resting.countDue(this.now());
  }

  /** Starts due work; returns at once. */
  pump(): void {
    if (this.isStopped) return;
    for (const execution of this.all.resting.due(this.now())) this.runner.expire(execution);
    for (const execution of this.all.ready) {
      if (this.active >= MAX_CONCURRENCY) return;
      this.all.ready.delete(execution);
      execution.phase = 'running';
      this.active += 1;
      void this.run(execution);
    }
  }

  nextInstant(): number | undefined {
    const next = this.all.resting.next();
    return Number.isFinite(next) ? next : undefined;
  }

  /** States entered since the start, or the last reset. */
  transitions(): number {
    return this.all.transitions();
  }

  reset(): void {
    this.all.clear();
    this.known.clear();
    this.journal.reset();
  }

  /** Stops: nothing is executed or stored any more. */
  stop(): void {
    this.isStopped = true;
  }

  private async run(execution: Execution): Promise<void> {
    try {
      await this.runner.run(execution);
    } catch (error) {
      if (this.isStopped) return;
      console.error(`execution ${execution.name} failed:`, error);
      this.all.end(execution, 'FAILED');
    } finally {
      this.active -= 1;
      this.options.onChange();
    }
  }
}
