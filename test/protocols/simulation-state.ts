import type { EventsMessage } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { type Invocation, seeded, Turns } from './faults.ts';
import type { Rules } from './rules.ts';
import type { FaultRates, Refusal, SimulationOptions, Tables } from './simulation-options.ts';

/** What all parts of a simulation share: the clock, the random numbers, the tables, and what the history has done so far. */
export class SimulationState {
  now: EpochMs;
  readonly rules: Rules;
  /** Template and message of every send that reached a provider. */
  readonly outbox: { takenAt: EpochMs; message: string; request: SendRequest }[] = [];
  /** Messages whose sender got no answer. */
  readonly unheard = new Set<string>();
  /** Every call of a webhook: its id, and the number of its try. */
  readonly called: string[] = [];
  /** Every message of `events.fifo`. */
  readonly carried: EventsMessage[] = [];
  /** Profile and id of each event that a client sent. */
  readonly sent = new Set<string>();
  /** How many of them were counted as accepted. */
  accepted = 0;
  /** Metric events as they were published, repeats included. */
  readonly published: MetricEvent[] = [];
  /** Answers of the API to triggers, by the client's key. */
  readonly answers = new Map<string, string>();
  readonly tables: Tables;
  /** For each archived journey: when that went live. */
  readonly archivedAt = new Map<string, EpochMs>();
  readonly random: () => number;
  readonly faultRates: FaultRates;
  readonly turns: Turns | undefined;
  private drawn = 0;
  /** Attempts to take messages. */
  private readonly takings: { message: string; invocation: Invocation }[] = [];
  private readonly refuses: { until: EpochMs; as: Refusal } | undefined;

  constructor(options: SimulationOptions) {
    this.tables = options.tables;
    this.rules = options.rules;
    this.random = seeded(options.seed);
    this.faultRates = options.faultRates;
    this.turns = options.faultRates.concurrent > 1 ? new Turns(this.random) : undefined;
    this.now = options.now;
    this.refuses = options.refuses;
  }

  /** A number that is never returned twice. */
  draws(): number {
    this.drawn += 1;
    return this.drawn;
  }

  /** A sender is about to take a message. */
  taking(message: string, invocation: Invocation): void {
    this.takings.push({ message, invocation });
  }

  /** Returns the refusal of the provider at this instant, or undefined if it accepts messages. */
  refusal(): Refusal | undefined {
    return this.refuses !== undefined && this.now < this.refuses.until ? this.refuses.as : undefined;
  }

  /** Whether a sender of the message failed after it had started to take it, so that the provider's answer may be lost. */
  isInterrupted(message: string): boolean {
    return this.takings.some((taking) => taking.message === message && taking.invocation.hasFailed);
  }
}
