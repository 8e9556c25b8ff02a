import type { EpochMs } from '../../core/ids.ts';
import type { StateMachineDefinition } from '../definition.ts';
import { Agenda } from './agenda.ts';
import { Interpreter } from './interpreter.ts';

/** Most pieces of work in one simulation: each message of a queue, each due instant, each entered state. */
export const MAX_STEPS = 10_000;

/** Ranks within one instant: queues and state machines first, then due work, then customers' acts. */
const QUEUED = 0;
const DUE = 1;
const SCHEDULED = 2;

export interface CloudPorts {
  /** Calls the function of a Task. */
  invoke(functionArn: string, payload: unknown): Promise<unknown>;
  /** The next instant at which something is due in the tables; undefined: never. */
  nextDue(): EpochMs | undefined;
  /** Works what is due now. */
  due(): Promise<void>;
}

/** Queues, state machines and the clock of a simulation: one piece of work at a time, on a virtual clock. */
export class SimulatedCloud {
  now: EpochMs;
  readonly #agenda = new Agenda();
  readonly #ports: CloudPorts;
  readonly #interpreter: Interpreter;
  #worked = 0;

  constructor(start: EpochMs, ports: CloudPorts) {
    this.now = start;
    this.#ports = ports;
    this.#interpreter = new Interpreter({
      now: () => this.now,
      later: (at, work) => this.#agenda.put(Math.max(at, this.now), QUEUED, work),
      invoke: (arn, payload) => ports.invoke(arn, payload),
    });
  }

  get transitions(): number {
    return this.#interpreter.transitions;
  }

  /** A message on a queue. */
  queue(work: () => Promise<void>, delaySeconds = 0): void {
    this.#agenda.put(this.now + delaySeconds * 1000, QUEUED, work);
  }

  /** Schedules an act of the customer, or of somebody else outside. */
  schedule(at: EpochMs, work: () => Promise<void>): void {
    this.#agenda.put(at, SCHEDULED, work);
  }

  start(machine: StateMachineDefinition, name: string, input: unknown): void {
    this.queue(() => this.#interpreter.start(machine, name, input));
  }
  stop(name: string): void {
    this.queue(async () => this.#interpreter.stop(name));
  }
  resolve(token: string): void {
    this.queue(() => this.#interpreter.resolve(token));
  }

  /** Runs all work up to that instant. Returns false if it stopped after too many steps. */
  async run(until: EpochMs): Promise<boolean> {
    for (;;) {
      const next = this.#next(until);
      if (next === undefined) return true;
      if (this.#worked + this.transitions >= MAX_STEPS) return false;
      this.#worked += 1;
      await next();
    }
  }

  /** The next piece of work, with the clock at its instant. */
  #next(until: EpochMs): (() => Promise<void>) | undefined {
    const first = this.#agenda.first();
    const due = this.#ports.nextDue();
    const dueAt = due === undefined ? Number.POSITIVE_INFINITY : Math.max(due, this.now);
    const firstAt = first?.at ?? Number.POSITIVE_INFINITY;
    const at = Math.min(dueAt, firstAt);
    if (at > until) return undefined;
    this.now = at;
    const isDue = dueAt < firstAt || (dueAt === firstAt && (first?.rank ?? DUE) >= DUE);
    return isDue ? () => this.#ports.due() : this.#agenda.take();
  }
}
