import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Receipt } from '../../core/messages/message.ts';
import type { Item } from './expressions.ts';
import type { Fault } from './faults.ts';
import type { CHANGES, Rules } from './rules.ts';

/** Rates of faults; all zero is a clean run. */
export interface FaultRates {
  /** Share of invocations that die at one of their calls. */
  kill: number;
  /** Share of deliveries that are repeated: at once, concurrently with the first, or much later. */
  redeliver: number;
  /** Share of invocations of which the SDK repeats one call that was carried out. */
  twice: number;
  /** Share of invocations that stall at one of their calls, are given up, and continue later. */
  stall: number;
  /** Share of deaths after which the queue waits for its visibility timeout. */
  hide: number;
  /** Share of executions that fail after all retries, and of rests that are aborted. */
  abort: number;
  /** Order of ready work: first come, first served; the newest first; any order (of FIFO: any group first); or some kinds before others. */
  order: 'first' | 'last' | 'any' | 'kinds';
  /** A single fault, at this call of all. `isLost`: the execution whose Task it hits fails. */
  once?: { at: number; fault: Fault; isLost?: boolean; hasCome?: boolean };
  /** Concurrent invocations, interleaved between any two of their calls. */
  concurrent: number;
  /** Two executors process every message of a standard queue: neither has committed when the other starts. */
  doubled?: boolean;
  /** Share of executions that Step Functions refuses to start now. */
  refuse?: number;
  /** Share of enrolments that end on the dead-letter queue. */
  lose?: number;
}

/** Acts of a person or a client other than sending events. */
export type ApiCall =
  | { pause: string }
  | { resume: string }
  | { archive: string }
  /** Publishes the second version of a journey, and moves its runs there. */
  | { migrate: string }
  /** A channel: its marketing, or with `all` everything. */
  | { hold: Channel; all?: boolean }
  | { release: Channel }
  /** Publishes a campaign, or calls its verb; with `newest`, about its newest occurrence. */
  | { campaign: string; verb: CampaignVerb; newest?: boolean; repeat: string }
  /** Receipt from the provider about the messages of this node. */
  | { feedback: { node: string; receipt: Receipt } }
  /** Receipt about the newest message that this customer was sent, with the mark that it puts on the address. */
  | { report: { profile: ProfileKey; receipt: Receipt; address: 'bad' | 'suppressed' } }
  /** Text message from a number. */
  | { text: string; from: string; at: EpochMs }
  /** A customer's consent to a channel, or to a topic on it, by the API. */
  | { consent: string; profile: string; granted: boolean }
  /** The code that this journey's run drew is redeemed. */
  | { redeem: string }
  /** Enters a customer; `profile` is the id, `key` the run's. `repeat` is the client's `Idempotency-Key`. */
  | { trigger: { journey: string; profile: string; key?: string; data?: Record<string, unknown> }; repeat: string }
  /** Resends the messages of this node that did not arrive. */
  | { resend: string; repeat: string }
  | { complete: { node: string; outcome: string } }
  /** The rules change; every profile is then evaluated again. */
  | { rules: keyof typeof CHANGES };

export type CampaignVerb = 'publish' | 'pause' | 'resume' | 'continue' | 'cancel' | 'archive' | 'trigger';

/** A provider refuses a message for now, for good, or for its address; or accepts it and never answers. */
export type Refusal = 'temporary' | 'throttled' | 'permanent' | 'bad-address' | 'silence';

/** A time in which the provider of a channel (absent: of each) fails. */
export interface Spell {
  from: EpochMs;
  until: EpochMs;
  channel?: Channel;
  as: Refusal;
}

/** DynamoDB as a history sees it. */
export interface Tables {
  client: DynamoDBDocumentClient;
  all(table: string): Item[] | Promise<Item[]>;
}

/** What a history is given. */
export interface SimulationOptions {
  tables: Tables;
  rules: Rules;
  seed: number;
  faultRates: FaultRates;
  now: EpochMs;
  spells?: readonly Spell[] | undefined;
}
