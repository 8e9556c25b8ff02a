import type { Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { type Invocation, seeded, Turns } from './faults.ts';
import type { Rules } from './rules.ts';
import type { FaultRates, Refusal, SimulationOptions, Spell, Tables } from './simulation-options.ts';

/** A message as a sender handed it to a provider. */
export interface HandedOver {
  takenAt: EpochMs;
  message: string;
  request: SendRequest;
  channel: Channel;
  /** When the gate judged it, and the customer as it knew them. */
  judgedAt: EpochMs;
  profile: Profile | undefined;
  /** What its customer had forbidden when it was taken, as the tables had it. */
  forbidden?: string | undefined;
}

/** What all parts of a simulation share: the clock, the random numbers, the tables, and what the history has done so far. */
export class SimulationState {
  now: EpochMs;
  readonly rules: Rules;
  /** Every message that a provider has accepted. */
  readonly outbox: HandedOver[] = [];
  /** Every message that a provider was asked to send, accepted or not. */
  readonly handedOver: HandedOver[] = [];
  /** Messages that a sender's queue has had. */
  readonly requested = new Map<string, SendRequest>();
  /** When each was on it first. */
  readonly requestedAt = new Map<string, EpochMs>();
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
  /** Objects of frozen audiences, by key. */
  readonly objects = new Map<string, string>();
  /** Calls about campaigns that were answered, by their path. */
  readonly answered: { path: string; at: EpochMs }[] = [];
  readonly tables: Tables;
  /** For each archived journey: when that went live. */
  readonly archivedAt = new Map<string, EpochMs>();
  readonly random: () => number;
  readonly faultRates: FaultRates;
  readonly turns: Turns | undefined;
  private drawn = 0;
  /** Attempts to take messages. */
  private readonly takings: { message: string; invocation: Invocation }[] = [];
  private readonly spells: readonly Spell[];

  constructor(options: SimulationOptions) {
    this.tables = options.tables;
    this.rules = options.rules;
    this.random = seeded(options.seed);
    this.faultRates = options.faultRates;
    this.turns = options.faultRates.concurrent > 1 ? new Turns(this.random) : undefined;
    this.now = options.now;
    this.spells = options.spells ?? [];
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

  /** Returns the refusal of the channel's provider at this instant, or undefined if it accepts messages. */
  refusal(of: Channel): Refusal | undefined {
    const isIn = ({ from, until, channel = of }: Spell) => channel === of && from <= this.now && this.now < until;
    return this.spells.find(isIn)?.as;
  }

  /** Whether a sender of the message failed after it had started to take it, so that the provider's answer may be lost. */
  isInterrupted(message: string): boolean {
    return this.takings.some((taking) => taking.message === message && taking.invocation.hasFailed);
  }
}
