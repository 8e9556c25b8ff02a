import type { EpochMs } from '../ids.ts';
import type { Audience } from './schema.ts';

/** Where an occurrence stands. A campaign's pause is beside it, in the live rules. */
export type OccurrenceStatus = 'collecting' | 'running' | 'resting' | 'done' | 'cancelled';

/** The part of the audience that is sent to in one go: everybody; the pilot, or the winner's sample; and then those who are left. */
export type Stage = 'all' | 'pilot' | 'sample' | 'rest';

export interface AudienceCounts {
  matched: number;
  duplicates: number;
  excluded: number;
  holdout: number;
  recipients: number;
}

/** One sending of a campaign. Its audience is frozen at its first instant; it keeps the version that it was frozen with. */
export interface Occurrence {
  campaign: string;
  /** Sorts as its instant does: `20261130T020000Z`, of a trigger with 8 characters more. */
  id: string;
  version: number;
  /** Its first instant. */
  at: EpochMs;
  /** Its local date, where each customer has it at their own time. */
  date?: string;
  status: OccurrenceStatus;
  /** Why it was cancelled. */
  reason?: string;
  /** Rises with each change of who may send: a worker of an earlier epoch moves nothing on. */
  epoch: number;
  stage: Stage;
  /** `data` of a trigger, for Liquid. */
  data?: Record<string, unknown>;
  /** The trigger's own audience; `profiles`: so many that it named, which are stored beside the occurrence. */
  audience?: Audience | { profiles: number };
  startedAt?: EpochMs;
  endedAt?: EpochMs;
  /** Present as soon as the audience is frozen, as are the next ones. */
  counts?: AudienceCounts;
  /** Recipients of each variant, in their order; with a winner to find, those of the sample. */
  variants?: { name: string; recipients: number }[];
  /** Recipients who are not in the winner's sample, and get the winner. */
  rest?: number;
  /** Pages of each shard. */
  pages?: number[];
  /** Instants at which recipients are due, in order; one, but for `timezone: "customer"`. */
  instants?: EpochMs[];
  /** The pilot are those whose rank is at most this. */
  pilotUpTo?: number;
  /** `sent`: how many of them it was sent to when the rest followed. */
  pilot?: { size: number; sent?: number };
  /** The call that let the rest follow the pilot: its repeat is about this occurrence. */
  continuedBy?: string;
  /** When the sample was handed over: the winner is found `after` that. */
  sampledAt?: EpochMs;
  winner?: { name: string; by: string; why: string; at: EpochMs };
  /** It has paused for its budget; a person who resumes it lets it cost more. */
  isBudgetReached?: true;
}

/** `20261130T020000Z`. */
export const occurrenceIdAt = (at: EpochMs, suffix?: string): string => {
  const text = `${new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return suffix === undefined ? text : `${text}-${suffix}`;
};

export const isActive = ({ status }: Pick<Occurrence, 'status'>): boolean =>
  status === 'collecting' || status === 'running' || status === 'resting';
